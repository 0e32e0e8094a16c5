#include "common/base/lines.hpp"

#include "tests/catch.hpp"

namespace stalewatch {
namespace {

constexpr std::size_t longest = 100;
using Got = std::vector<Lines::Line>;

}  // namespace

TEST_CASE("lines come out whole however their bytes arrive", "[base]") {
  for (const auto rest : {Lines::Rest::follows, Lines::Rest::dropped}) {
    Lines lines(longest, rest);
    CHECK(lines.feed("one\ntw") == Got{{"one"}});
    CHECK(lines.feed("o").empty());
    CHECK(lines.feed("\n\nthree\r") == Got{{"two"}, {""}});
    CHECK(lines.feed("\nfour") == Got{{"three"}});
    CHECK(lines.finish() == Got{{"four"}});
    CHECK(lines.finish().empty());
    CHECK(lines.feed("five\r").empty());
    CHECK(lines.finish() == Got{{"five"}});
  }
}

TEST_CASE("a line that is too long comes in bounded pieces, or cut once", "[base]") {
  for (const std::size_t size : {longest - 1, longest, longest + 1, 3 * longest, 3 * longest + 7})
    for (const std::size_t step : {size, std::size_t{1}, std::size_t{7}}) {
      CAPTURE(size, step);
      Lines pieces(longest, Lines::Rest::follows), cut(longest, Lines::Rest::dropped);
      const std::string text = std::string(size, 'x') + "\nnext\n";
      Got got_pieces, got_cut;
      for (std::size_t at = 0; at < text.size(); at += step) {
        for (auto& line : pieces.feed(text.substr(at, step))) got_pieces.push_back(line);
        for (auto& line : cut.feed(text.substr(at, step))) got_cut.push_back(line);
      }
      CHECK(got_cut == Got{{std::string(std::min(size, longest), 'x'), size > longest}, {"next"}});
      REQUIRE(got_pieces.size() == (size + longest - 1) / longest + 1);
      CHECK(got_pieces.back() == Lines::Line{"next"});
      got_pieces.pop_back();
      std::string together;
      for (const auto& [piece, is_cut] : got_pieces) {
        CHECK(piece.size() <= longest);
        CHECK_FALSE(is_cut);
        together += piece;
      }
      CHECK(together == std::string(size, 'x'));
    }
}

TEST_CASE("a last line without its end is cut, too", "[base]") {
  Lines lines(longest, Lines::Rest::dropped);
  CHECK(lines.feed(std::string(longest + 1, 'x')).empty());
  CHECK(lines.finish() == Got{{std::string(longest, 'x'), true}});
}

}  // namespace stalewatch
