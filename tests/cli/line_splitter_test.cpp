#include "cli/line_splitter.hpp"

#include "cli/marked_output.hpp"
#include "tests/catch.hpp"

namespace stalewatch::cli {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("lines come out whole however their bytes arrive", "[cli]") {
  LineSplitter splitter;
  CHECK(splitter.feed("one\ntw") == Lines{"one"});
  CHECK(splitter.feed("o") == Lines{});
  CHECK(splitter.feed("\n\nthree\r\nfour") == Lines{"two", "", "three"});
  CHECK(splitter.finish() == Lines{"four"});
  CHECK(splitter.finish() == Lines{});
}

TEST_CASE("a line without end comes out in bounded pieces and nothing of it is lost", "[cli]") {
  for (const std::size_t size : {LineSplitter::max_line - 1, LineSplitter::max_line,
                                 LineSplitter::max_line + 1, 3 * LineSplitter::max_line}) {
    CAPTURE(size);
    LineSplitter splitter;
    std::string together;
    auto lines = splitter.feed(std::string(size, 'x'));
    for (const auto& line : splitter.feed("\nnext\n")) lines.push_back(line);
    REQUIRE(lines.back() == "next");
    lines.pop_back();
    for (const auto& line : lines) {
      CHECK(line.size() <= LineSplitter::max_line);
      together += line;
    }
    CHECK(together == std::string(size, 'x'));
  }
}

TEST_CASE("a line is marked with its process, in colour where asked", "[cli]") {
  CHECK(marked_line("up", "started", -1) == "up         | started\n");
  CHECK(marked_line("aggregator", "x", -1) == "aggregator | x\n");
  CHECK(marked_line("up", "started", 0) == "\x1b[36mup         |\x1b[0m started\n");
}

}  // namespace
}  // namespace stalewatch::cli
