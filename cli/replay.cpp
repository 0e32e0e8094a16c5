#include "aggregator/journal/journal.hpp"
#include "cli/commands.hpp"
#include "cli/event_filter.hpp"
#include "cli/event_place.hpp"
#include "cli/event_printer.hpp"
#include "cli/operator_call.hpp"
#include "common/base/clocks.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

namespace stalewatch::cli {
namespace {

constexpr int done = 0, failed = 1, wrong_usage = 2;
constexpr std::int64_t page_limit = 5'000;

struct Options {
  std::string from = "0", to, config, journal;
  bool json = false;
  EventSelection selection;
};

/// Where pages come from: the aggregator, or a file.
using Pages = std::function<Result<Replayed>(const Replay&)>;

Pages pages_of_file(const std::string& path) {
  if (!std::filesystem::exists(path)) throw std::runtime_error(path + ": there is no such file");
  auto journal = std::make_shared<aggregator::Journal>(path, aggregator::Journal::Mode::read);
  return [journal](const Replay& request) -> Result<Replayed> { return journal->read(request); };
}

bool is_past(const Event& event, const EventPlace& end) {
  if (const auto* seq = std::get_if<std::int64_t>(&end)) return event.seq > *seq;
  return event.decided_at > std::get<Timestamp>(end);
}

int print(const Pages& pages, const EventPlace& from, const EventPlace& to,
          const EventFilter& filter, bool json) {
  Replay request{.limit = page_limit};
  if (const auto* seq = std::get_if<std::int64_t>(&from))
    request.after = std::max<std::int64_t>(*seq - 1, 0);
  else
    request.since = std::get<Timestamp>(from);
  const EventPrinter printer(json);
  std::int64_t end = -1;  // what comes while this runs would never end
  for (;;) {
    const auto page = pages(request);
    if (!page) {
      std::cerr << "stalewatch replay: " << page.error() << '\n';
      return failed;
    }
    if (end < 0) {
      end = page->head;
      if (request.after > 0 && page->oldest > request.after + 1)
        std::cerr << "events before " << page->oldest << " are no longer in the journal\n";
      if (request.after >= end) std::cerr << "the journal ends at event " << end << '\n';
    }
    for (const auto& event : page->events) {
      if (event.unreadable)
        std::cerr << "event " << event.seq << " cannot be understood\n";
      else if (event.seq > end || is_past(event, to))
        return done;
      else if (filter.wants(event) && !printer.print(event))
        return done;
    }
    if (page->caught_up || page->events.empty()) return done;
    request = {.after = page->events.back().seq, .limit = page_limit};
  }
}

int replay(const Options& options) {
  const auto now = read_clocks().wall;
  const auto from = parse_event_place(options.from, now);
  const auto to = options.to.empty() ? EventPlace{std::numeric_limits<std::int64_t>::max()}
                                     : parse_event_place(options.to, now);
  for (const auto* place : {&from, &to}) {
    if (*place) continue;
    std::cerr << "stalewatch replay: " << place->error() << '\n';
    return wrong_usage;
  }
  const auto filter = EventFilter::from(options.selection);
  if (!filter) {
    std::cerr << "stalewatch replay: " << filter.error() << '\n';
    return wrong_usage;
  }
  if (const auto hint = filter->hint(); !hint.empty())
    std::cerr << "stalewatch replay: " << hint << '\n';
  if (!options.journal.empty())
    return print(pages_of_file(options.journal), *from, *to, *filter, options.json);
  const char* variable = std::getenv(config_variable);
  const bool from_variable = options.config.empty() && variable != nullptr;
  const auto transport =
      transport_of("stalewatch replay", from_variable ? variable : options.config);
  if (!transport) return wrong_usage;
  const auto call = std::make_shared<OperatorCall>(*transport);
  return print([call](const Replay& request) { return call->replay(request); }, *from, *to, *filter,
               options.json);
}

}  // namespace

Runner prepare_replay(CommandLine& line) {
  auto options = std::make_shared<Options>();
  add_options(line, options->selection);
  line.option("--from", options->from,
              "the first event: its number (1234), or a time (2026-11-22T10:02:03+01:00, or "
              "2h for two hours ago); without it, the oldest");
  line.option("--to", options->to, "the last event, alike; without it, the newest");
  line.flag("--json", options->json, "JSON lines");
  // The variable is asked for later: it may be set while a journal file is named.
  const Option config = line.option(
      "--config", options->config,
      "the configuration file, for the address of the running aggregator, or else the variable "
      "STALEWATCH_CONFIG; without both, the default address");
  line.option("--journal", options->journal,
              "read this journal file instead, when no aggregator runs; it is not changed")
      .excludes(config);
  line.footer("A time means the moment at which an event was decided.");
  return [options] { return replay(*options); };
}

}  // namespace stalewatch::cli
