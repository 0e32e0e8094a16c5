#include "notifier/sinks/terminal.hpp"

#include "tests/catch.hpp"
#include "tests/notifier/make_event.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace stalewatch::notifier {
namespace {

/// A pipe in the place of a terminal.
struct Pipe {
  std::array<int, 2> fds{};
  Pipe() { REQUIRE(pipe(fds.data()) == 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  std::string read_all() const {
    std::string text(1 << 16, '\0');
    text.resize(
        static_cast<std::size_t>(std::max<ssize_t>(read(fds[0], text.data(), text.size()), 0)));
    return text;
  }
};

std::string shown(const TerminalConfig& config, const std::vector<Item>& items) {
  const Pipe pipe;
  TerminalSink sink(config, pipe.fds[1]);
  CHECK(sink.deliver(items, {SteadyTime{}, ten}, {}).done.size() == items.size());
  CHECK(sink.test(ten));
  const std::string text = pipe.read_all();
  return text.substr(0, text.rfind('\n', text.size() - 2) + 1);  // without the test's line
}

const auto alarm = make_event(Kind::stale, 5, 5, ten);

TEST_CASE("the terminal shows every event as a line, or as JSON", "[notifier]") {
  use_berlin_time();
  const std::string line = shown({}, items_of({alarm}));
  CHECK(line.starts_with("2026-11-22 10:00:00+01:00 STALE "));
  CHECK(line.ends_with(" #5\n"));
  CHECK(shown({.json = true}, items_of({alarm})).starts_with("{\""));
  CHECK(shown({.json = true}, {{1, Note::nothing_open, {}, {}}}).empty());
  CHECK(terminal_kind().configured({}));
  CHECK(terminal_kind().wants(make_event(Kind::updated, 5, ten)));
}

TEST_CASE("the sink that is called complete is always there and gets every event",
          "[notifier][terminal]") {
  int found = 0;
  for (const auto& kind : sink_table()) {
    if (!kind.complete) continue;
    ++found;
    CHECK(kind.name == complete_sink());
    CHECK(kind.configured({}));
    for (std::size_t i = 0; i <= known_kinds; ++i) {
      auto event = make_event(static_cast<Kind>(i), 5, ten);
      event.notify = false;
      CHECK(kind.wants(event));
    }
  }
  CHECK(found == 1);
}

TEST_CASE("what is no terminal gets no colours unless they are asked for", "[notifier]") {
  const auto coloured = [](TerminalConfig::Color color) {
    return shown({.color = color}, items_of({alarm})).find('\x1b') != std::string::npos;
  };
  CHECK(coloured(TerminalConfig::Color::always));
  CHECK_FALSE(coloured(TerminalConfig::Color::never));
  CHECK_FALSE(coloured(TerminalConfig::Color::automatic));
}

}  // namespace
}  // namespace stalewatch::notifier
