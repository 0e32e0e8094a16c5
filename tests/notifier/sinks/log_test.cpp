#include "notifier/sinks/log.hpp"

#include "tests/catch.hpp"
#include "tests/notifier/make_event.hpp"
#include "tests/temporary_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace stalewatch::notifier {
namespace {

/// A log file in a folder that is not there yet.
struct LogFile {
  Folder folder;
  Config config;
  LogFile() { config.logs.filename = folder.file("logs/runs.log"); }

  /// What stands in it after these were handed over.
  std::string after(const std::vector<Event>& events) const {
    const auto sink = log_kind().make(config);
    CHECK(sink->deliver(items_of(events), {SteadyTime{}, ten}, {}).done.size() == events.size());
    std::ifstream in(config.logs.filename);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_CASE("the log file has a line for every event of its level", "[notifier]") {
  use_berlin_time();
  LogFile log;
  CHECK(log_kind().configured(log.config));
  CHECK_FALSE(log_kind().configured({}));
  const std::vector<Event> events{make_event(Kind::updated, 4, ten),
                                  make_event(Kind::stale, 5, 5, ten)};
  log.config.logs.level = "warning";
  const std::string line = log.after(events);
  CHECK(line.starts_with("2026-11-22 10:00:00+01:00 STALE "));
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  log.config.logs.level = "info";
  log.config.logs.json = true;
  const std::string all = log.after(events);  // appended
  CHECK(all.starts_with(line + "{\""));
  CHECK(std::count(all.begin(), all.end(), '\n') == 3);
}

TEST_CASE("a log file that is moved away, deleted or replaced is made anew before it is written",
          "[notifier]") {
  using std::filesystem::rename, std::filesystem::remove, std::filesystem::remove_all;
  LogFile log;
  const std::string path = log.config.logs.filename;
  const auto sink = log_kind().make(log.config);
  std::int64_t seq = 0;
  const auto told = [&] {
    const auto event = make_event(Kind::stale, ++seq, ten);
    return sink->deliver(items_of({event}), {SteadyTime{}, ten}, {}).done.size() == 1;
  };
  const auto last = [&](const std::string& file) {
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return std::count(text.begin(), text.end(), '\n') == 1 &&
           text.find("#" + std::to_string(seq) + "\n") != text.npos;
  };
  CHECK((told() && last(path)));
  rename(path, path + ".1");
  CHECK((told() && last(path)));
  CHECK_FALSE(last(path + ".1"));
  remove(path);
  CHECK((told() && last(path)));
  remove_all(std::filesystem::path(path).parent_path());
  CHECK((told() && last(path)));
  // As logrotate's `create` does.
  rename(path, path + ".1");
  std::ofstream(path).flush();
  CHECK((told() && last(path)));
  // What cannot be made anew is told, and comes as soon as it can.
  remove(path);
  std::filesystem::create_directory(path);
  CHECK_FALSE(told());
  remove(path);
  CHECK((told() && last(path)));
}

TEST_CASE("a log file that was rotated by its size goes on", "[notifier]") {
  LogFile log;
  log.config.logs.max_size = 300;
  const auto sink = log_kind().make(log.config);
  for (int i = 1; i <= 6; ++i)
    sink->deliver(items_of({make_event(Kind::stale, i, ten)}), {SteadyTime{}, ten}, {});
  const auto folder = std::filesystem::path(log.config.logs.filename).parent_path();
  for (const auto* const file : {"runs.log", "runs.1.log"}) {
    std::ifstream in(folder / file);
    CHECK(std::count(std::istreambuf_iterator<char>(in), {}, '\n') > 1);
  }
}

TEST_CASE("a log file that cannot be written is told, and everything waits", "[notifier]") {
  LogFile log;
  log.config.logs.filename = log.folder.path;
  const auto handover =
      log_kind()
          .make(log.config)
          ->deliver(items_of({make_event(Kind::stale, 5, 5, ten)}), {SteadyTime{1h}, ten}, {});
  CHECK(handover.done.empty());
  CHECK((handover.failed && handover.tell));
  CHECK(handover.again_at > SteadyTime{1h});
}

}  // namespace
}  // namespace stalewatch::notifier
