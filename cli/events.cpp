#include "cli/commands.hpp"
#include "cli/event_filter.hpp"
#include "cli/event_place.hpp"
#include "cli/event_printer.hpp"
#include "cli/operator_call.hpp"
#include "common/base/clocks.hpp"
#include "common/bus/event_source.hpp"
#include "common/process/log.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stalewatch::cli {
namespace {

constexpr int done = 0, failed = 1, wrong_usage = 2;
constexpr std::size_t last_shown = 20;        // without --from: what fits a screen
constexpr std::int64_t longest_look = 5'000;  // back, at a time, for the last that are asked for
constexpr auto poll_timeout = std::chrono::seconds(1);
constexpr std::size_t batch = 500;

struct Options {
  std::string from, config;
  bool follow = false, json = false;
  EventSelection selection;
};

/// What is shown, and in which form.
struct View {
  EventFilter filter;
  bool json = false;
};

void tell(const EventBatch& events) {
  if (events.previous_journal)
    std::cerr << "the aggregator has another journal: following that from its oldest event\n";
  if (events.gap)
    std::cerr << "events " << events.gap->first << " to " << events.gap->last
              << (events.gap->unreadable ? " cannot be understood\n"
                                         : " are no longer in the journal\n");
}

/// The numbers of the wanted events among those after `begin`, up to `end`.
Result<std::vector<std::int64_t>> wanted_within(OperatorCall& call, const std::string& journal,
                                                std::int64_t begin, std::int64_t end,
                                                const EventFilter& filter) {
  std::vector<std::int64_t> numbers;
  while (begin < end) {
    const auto page = call.replay({.journal = journal, .after = begin, .limit = end - begin});
    if (!page) return Error{page.error()};
    if (page->events.empty()) break;
    for (const auto& event : page->events)
      if (event.seq <= end && !event.unreadable && filter.wants(event))
        numbers.push_back(event.seq);
    begin = page->events.back().seq;
  }
  return numbers;
}

/// Where to begin so that the last wanted events are shown, as many as fit a screen. Looks from the
/// head backwards, for a journal is long.
Result<std::int64_t> before_last(OperatorCall& call, const Replayed& at_head,
                                 const EventFilter& filter) {
  std::int64_t first = at_head.head + 1;
  std::size_t missing = last_shown;
  std::int64_t look = last_shown;
  for (auto end = at_head.head; end >= std::max<std::int64_t>(at_head.oldest, 1);) {
    const auto begin = std::max<std::int64_t>(end - look, 0);
    const auto numbers = wanted_within(call, at_head.journal, begin, end, filter);
    if (!numbers) return Error{numbers.error()};
    if (numbers->size() >= missing) return (*numbers)[numbers->size() - missing] - 1;
    if (!numbers->empty()) first = numbers->front();
    missing -= numbers->size();
    end = begin;
    constexpr std::int64_t growth = 8;
    look = std::min(look * growth, longest_look);
  }
  return first - 1;
}

/// Until `end` is passed; without one, for ever.
int follow(const TransportConfig& transport, const Cursor& begin, std::optional<std::int64_t> end,
           const View& view) {
  zmq::context_t context;
  EventSource source(context, transport, "stalewatch-events", begin, StartAt::head);
  const EventPrinter printer(view.json);
  bool shown = false;
  auto at = begin.seq;
  while (!end || at < *end) {
    const auto events = source.poll(poll_timeout, batch);
    if (events.cursor.journal.empty()) continue;
    tell(events);
    at = events.cursor.seq;
    for (const auto& event : events.events) {
      if (end && event.seq > *end) break;
      if (!view.filter.wants(event)) continue;
      if (!printer.print(event)) return done;
      shown = true;
    }
    std::cout.flush();
    if (!std::cout) return done;
  }
  if (!shown && !view.filter.wants_all())
    std::cerr << "there is no event " << view.filter.for_people() << '\n';
  return done;
}

/// Where in the journal the events begin that are to be shown.
Result<std::int64_t> first_place(OperatorCall& call, const Replayed& page,
                                 const std::optional<EventPlace>& from, const Options& options,
                                 const EventFilter& filter) {
  if (from && std::holds_alternative<std::int64_t>(*from))
    return std::min(std::max<std::int64_t>(std::get<std::int64_t>(*from) - 1, 0), page.head);
  if (from || options.follow) return page.after;
  return before_last(call, page, filter);
}

int complain(const std::string& mistake, int code) {
  std::cerr << "stalewatch events: " << mistake << '\n';
  return code;
}

int events(const Options& options) {
  std::optional<EventPlace> from;
  if (!options.from.empty()) {
    const auto place = parse_event_place(options.from, read_clocks().wall);
    if (!place) return complain(place.error(), wrong_usage);
    from = *place;
  }
  auto filter = EventFilter::from(options.selection);
  if (!filter) return complain(filter.error(), wrong_usage);
  if (const auto hint = filter->hint(); !hint.empty()) complain(hint, wrong_usage);
  const auto transport = transport_of("stalewatch events", options.config);
  if (!transport) return wrong_usage;
  start_log("events", "warning");
  Replay request{.after = -1, .limit = 1};
  if (from && std::holds_alternative<Timestamp>(*from)) request.since = std::get<Timestamp>(*from);
  OperatorCall call(*transport);
  const auto page = call.replay(request);
  if (!page) return complain(page.error(), failed);
  const auto begin = first_place(call, *page, from, options, *filter);
  if (!begin) return complain(begin.error(), failed);
  return follow(*transport, {page->journal, *begin},
                options.follow ? std::nullopt : std::optional(page->head),
                {*std::move(filter), options.json});
}

}  // namespace

Runner prepare_events(CommandLine& line) {
  auto options = std::make_shared<Options>();
  add_options(line, options->selection);
  line.flag("--follow", options->follow, "go on with what comes, until interrupted");
  line.option("--from", options->from,
              "the first event: its number (1234), or a time (2026-11-22T10:02:03+01:00, or "
              "2h for two hours ago); without it, the last 20 that are asked for, or with "
              "--follow the next");
  line.flag("--json", options->json, "JSON lines");
  line.config_file(
      options->config,
      "the configuration file, for the aggregator's addresses; without it, the default ones");
  return [options] { return events(*options); };
}

}  // namespace stalewatch::cli
