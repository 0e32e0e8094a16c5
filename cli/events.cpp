#include "cli/commands.hpp"
#include "cli/event_place.hpp"
#include "cli/event_printer.hpp"
#include "cli/operator_call.hpp"
#include "common/bus/event_source.hpp"
#include "common/process/log.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

namespace stalewatch::cli {
namespace {

constexpr int done = 0, failed = 1, wrong_usage = 2;
constexpr std::int64_t last_shown = 20;  // without --from: what fits a screen
constexpr auto poll_timeout = std::chrono::seconds(1);
constexpr std::size_t batch = 500;

struct Options {
  std::string from, config;
  bool follow = false, json = false;
};

void tell(const EventBatch& events) {
  if (events.previous_journal)
    std::cerr << "the aggregator has another journal: following that from its oldest event\n";
  if (events.gap)
    std::cerr << "events " << events.gap->first << " to " << events.gap->last
              << (events.gap->unreadable ? " cannot be understood\n"
                                         : " are no longer in the journal\n");
}

/// Until `end` is passed; without one, for ever.
int follow(const TransportConfig& transport, const Cursor& begin, std::optional<std::int64_t> end,
           bool json) {
  zmq::context_t context;
  EventSource source(context, transport, "stalewatch-events", begin, StartAt::head);
  const EventPrinter printer(json);
  auto at = begin.seq;
  while (!end || at < *end) {
    const auto events = source.poll(poll_timeout, batch);
    if (events.cursor.journal.empty()) continue;
    tell(events);
    for (const auto& event : events.events)
      if ((end && event.seq > *end) || !printer.print(event)) return done;
    std::cout.flush();
    if (!std::cout) return done;
    at = events.cursor.seq;
  }
  return done;
}

int events(const Options& options) {
  std::optional<EventPlace> from;
  if (!options.from.empty()) {
    const auto place = parse_event_place(options.from, read_clocks().wall);
    if (!place) {
      std::cerr << "stalewatch events: " << place.error() << '\n';
      return wrong_usage;
    }
    from = *place;
  }
  const auto transport = transport_of("stalewatch events", options.config);
  if (!transport) return wrong_usage;
  start_log("events", "warning");
  Replay request{.after = -1, .limit = 1};
  if (from && std::holds_alternative<Timestamp>(*from)) request.since = std::get<Timestamp>(*from);
  const auto page = OperatorCall(*transport).replay(request);
  if (!page) {
    std::cerr << "stalewatch events: " << page.error() << '\n';
    return failed;
  }
  Cursor begin{page->journal, page->after};
  if (from && std::holds_alternative<std::int64_t>(*from))
    begin.seq = std::min(std::max<std::int64_t>(std::get<std::int64_t>(*from) - 1, 0), page->head);
  if (!from && !options.follow) begin.seq = std::max<std::int64_t>(page->head - last_shown, 0);
  return follow(*transport, begin, options.follow ? std::nullopt : std::optional(page->head),
                options.json);
}

}  // namespace

Runner prepare_events(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.flag("--follow", options->follow, "go on with what comes, until interrupted");
  line.option("--from", options->from,
              "the first event: its number (1234), or a time (2026-11-22T10:02:03+01:00, or "
              "2h for two hours ago); without it, the last 20, or with --follow the next");
  line.flag("--json", options->json, "JSON lines");
  line.config_file(
      options->config,
      "the configuration file, for the aggregator's addresses; without it, the default ones");
  return [options] { return events(*options); };
}

}  // namespace stalewatch::cli
