#include "notifier/render.hpp"

#include "common/base/text.hpp"
#include "common/messages/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

namespace stalewatch::notifier {
namespace {

/// Longer names, addresses and details say nothing more to a person, but push the rest off the
/// screen.
constexpr std::size_t max_quoted = 200;

struct Words {
  std::string_view word, phrase;
};

// In the order of the enumerators of Kind, the unknown one last.
constexpr auto words = std::to_array<Words>({
    {"UPDATED", "has new data"},
    {"WENT BACK", "went back to older data"},
    {"STALE", "is stale"},
    {"STILL STALE", "is still stale"},
    {"FRESH AGAIN", "is fresh again"},
    {"FAILING", "is failing"},
    {"STILL FAILING", "is still failing"},
    {"ANSWERING AGAIN", "is answering again"},
    {"NOT WATCHED", "is not watched"},
    {"STILL UNWATCHED", "is still not watched"},
    {"WATCHED AGAIN", "is watched again"},
    {"CLOCK OFF", "has a wrong clock"},
    {"CLOCK OK", "has its clock right again"},
    {"SPLIT", "shows different data to different probers"},
    {"AGREED", "shows the same data to all probers again"},
    {"REMOVED", "is no longer configured"},
    {"PROBER JOINED", "joined as a prober"},
    {"PROBER LOST", "is lost as a prober"},
    {"PROBER BLIND", "sees almost none of its targets"},
    {"PROBER SEES", "sees its targets again"},
    {"JOURNAL TROUBLE", "is in trouble"},
    {"JOURNAL OK", "is in order again"},
    {"CONSUMER BEHIND", "is behind with the events"},
    {"CONSUMER OK", "is not behind with the events any more"},
    {"SAMPLES LOST", "lost samples"},
    {"CLOCK STEPPED", "saw its clock step"},
    {"PROBER LEFT", "ended as a prober"},
    {"NOBODY WATCHES", "are watched by nobody"},
    {"STILL NOBODY", "are still watched by nobody"},
    {"WATCHING AGAIN", "are watched again"},
    {"WATCHING", "are watched"},
    {"EVENTS MISSING", "missed events"},
    {"UNDELIVERED", "does not take messages"},
    {"AGGREGATOR LOST", "is silent"},
    {"AGGREGATOR BACK", "is back"},
    {"EVENT", "had the event"},
});
static_assert(words.size() == known_kinds + 1);

/// What holds now, and what held then where an ending tells it.
struct ReasonWords {
  std::string_view now, then;
};

// In the order of the enumerators of Outcome: why a server fails.
constexpr auto failures = std::to_array<std::string_view>(
    {"", "its name is not resolved", "no connection", "TLS fails", "timeout", "an HTTP error",
     "too large an answer", "not JSON", "no time in the answer", "its time cannot be read",
     "its time is in the future"});
static_assert(failures.size() == known_outcomes);
constexpr std::string_view unknown_failure = "for a reason that only a newer version has words for";

// In the order of the enumerators of WatchReason.
constexpr auto silences = std::to_array<ReasonWords>({
    {"no prober is connected", "no prober was connected"},
    {"its prober was lost", "its prober was lost"},
    {"no usable samples arrive", "no usable samples arrived"},
});
static_assert(silences.size() == static_cast<std::size_t>(WatchReason::samples_lost) + 1);

/// For where the detail has no headline of its own.
std::optional<ReasonWords> words_of_reason(const Event& e) {
  if (!e.reason) return std::nullopt;
  for (std::size_t i = 0; i < silences.size(); ++i)
    if (name_of(static_cast<WatchReason>(i)) == *e.reason) return silences[i];
  const auto outcome = outcome_from(*e.reason);
  if (!outcome || outcome == Outcome::ok) return std::nullopt;
  if (outcome == Outcome::unknown) return ReasonWords{unknown_failure, ""};
  return ReasonWords{failures.at(static_cast<std::size_t>(*outcome)), ""};
}

/// What stands before the first quote, bracket, comma or the like is in our own words; behind it
/// comes what others say. Empty when it is no sentence without that, or not as we write.
std::string first_clause(const Event& e) {
  const std::string detail = e.detail.value_or("");
  const auto end = std::min(detail.find_first_of(",:;(\""), detail.size());
  if (end < detail.size() && detail[end] == '"') return {};
  auto clause = detail.substr(0, end);
  while (clause.ends_with(' ')) clause.pop_back();
  constexpr std::size_t longest = 80;
  const bool plain = std::all_of(clause.begin(), clause.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view(" -._'").find(c) != std::string_view::npos;
  });
  return plain && clause.size() <= longest ? clause : "";
}

/// Words are padded to the longest of them, so that names stand in one column.
constexpr std::size_t word_width = 15;

const Words& words_of(Kind kind) { return words.at(static_cast<std::size_t>(kind)); }

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text;
}

std::string limit_of(const Event& e) {
  return e.threshold ? " (limit " + format_duration(*e.threshold) + ")" : "";
}

/// While the server does not answer the data may be older than known, hence "at least".
std::string age_of(const Event& e, bool at_least) {
  if (!e.age) return {};
  return (at_least ? "data at least " : "data ") + format_age(*e.age) + " old" + limit_of(e);
}

/// At the end of a problem that is not one of the data: how they are.
std::string data_of(const Event& e) {
  if (!e.age) return {};
  if (!e.threshold || *e.age > *e.threshold)
    return age_of(e, false) + (e.threshold ? ", stale" : "");
  return "data " + format_age(*e.age) + " old, fresh";
}

std::string computed(const Event& e) {
  return e.computed_at ? "computed " + near_time(*e.computed_at, e.at) : "";
}

std::string last_computed(const Event& e) {
  return e.computed_at ? "last computed " + near_time(*e.computed_at, e.at) : "";
}

std::string since_of(const Event& e) {
  if (!e.since || *e.since == e.at) return {};
  return "since " + near_time(*e.since, e.at) + " (" + format_duration(e.at - *e.since) + ")";
}

/// The detail says it in full; the bare reason is the fallback.
std::string why_of(const Event& e, Quote quote) {
  if (e.detail && !e.detail->empty()) return quote(*e.detail);
  if (const auto known = words_of_reason(e)) return std::string(known->now);
  return e.reason ? quote(*e.reason) : "";
}

/// At the end of a problem: what it was, which is not so any more.
std::string was_because(const Event& e, Quote quote) {
  const auto known = words_of_reason(e);
  if (known && !known->then.empty()) return std::string(known->then);
  return (e.reason ? "last failure: " : "") + why_of(e, quote);
}

std::string seen_by(const Event& e) {
  if (!e.observers_failing || e.observers_of.value_or(0) < 2) return {};
  return "seen by " + std::to_string(*e.observers_failing) + " of " +
         std::to_string(*e.observers_of) + " probers";
}

std::string reminder_of(const Event& e) {
  const auto next = e.next_reminder_at ? near_time(*e.next_reminder_at, e.at) : "";
  if (e.repeat_number)
    return "reminder " + std::to_string(*e.repeat_number) + (next.empty() ? "" : ", next " + next);
  return next.empty() ? "" : "first reminder " + next;
}

std::string was_of(const Event& e, std::string_view verb) {
  return e.since ? std::string(verb) + " " + span_of(*e.since, e.at) : "";
}

std::string late_of(const Event& e) { return e.late ? "told late" : ""; }

std::string updated_facts(const Event& e) {
  std::vector<std::string> parts;
  parts.push_back(computed(e));
  if (e.lag)
    parts.push_back(*e.lag < Duration{0}
                        ? "seen " + format_duration(-*e.lag) + " before that by our clock"
                        : "seen " + format_duration(*e.lag) + " later");
  if (e.computed_at && e.previous_computed_at)
    parts.push_back(format_duration(*e.computed_at - *e.previous_computed_at) +
                    " after the one before");
  return joined(parts);
}

std::string went_back_facts(const Event& e, Quote quote) {
  std::string moved;
  if (e.computed_at && e.previous_computed_at)
    moved = "computed " + near_time(*e.computed_at, e.at) + " after " +
            near_time(*e.previous_computed_at, e.at) + " had been seen";
  return joined({moved, why_of(e, quote)});
}

std::string problem_facts(const Event& e, Quote quote) {
  const auto opening = opening_of(e.kind);
  if (opening == Kind::stale)
    return joined(
        {age_of(e, false), why_of(e, quote), since_of(e), last_computed(e), reminder_of(e)});
  if (opening == Kind::clock_off)  // how old the data are, such a clock does not tell
    return joined({why_of(e, quote), since_of(e), reminder_of(e)});
  if (e.target.empty()) return joined({since_of(e), why_of(e, quote), reminder_of(e)});
  const bool at_least = opening == Kind::failing || opening == Kind::not_watched;
  return joined({why_of(e, quote), seen_by(e), since_of(e), age_of(e, at_least), last_computed(e),
                 reminder_of(e)});
}

std::string_view verb_of(Kind opening) {
  switch (opening) {
    case Kind::stale:
      return "was stale";
    case Kind::failing:
      return "was failing";
    case Kind::not_watched:
      return "was not watched";
    case Kind::clock_off:
      return "was off";
    case Kind::retired:
      return "open";
    case Kind::aggregator_lost:
      return "was silent";
    case Kind::consumer_behind:
      return "was behind";
    case Kind::journal_trouble:
      return "was in trouble";
    case Kind::nobody_watches:
      return "nobody watched";
    default:
      return "lasted";
  }
}

std::string closing_facts(const Event& e, Quote quote) {
  const auto opening = opening_of(e.kind);
  const auto was = was_of(e, verb_of(opening));
  switch (opening) {
    case Kind::stale:  // by new data, or by what the detail says
      return joined({was, e.detail ? data_of(e) : computed(e), why_of(e, quote)});
    case Kind::failing:
    case Kind::not_watched:
      return joined({was, was_because(e, quote), data_of(e)});
    case Kind::retired:
      return joined({why_of(e, quote), was});
    default:
      return joined({was, why_of(e, quote)});
  }
}

std::string_view color_of(Tone tone) {
  switch (tone) {
    case Tone::problem:
      return "\033[1;31m";  // bold red
    case Tone::reminder:
      return "\033[33m";  // yellow
    case Tone::recovery:
      return "\033[32m";  // green
    case Tone::fact:
      break;
  }
  return "\033[36m";  // cyan
}

std::string painted(std::string_view text, Tone tone, bool color) {
  if (!color) return std::string(text);
  return std::string(color_of(tone)) + std::string(text) + "\033[0m";
}

}  // namespace

std::string quote_plain(std::string_view untrusted) {
  return escape_untrusted(untrusted, max_quoted);
}

Tone tone_of(const Event& event) {
  if (event.kind == Kind::undeliverable || event.kind == Kind::gap ||
      event.kind == Kind::samples_lost)
    return Tone::problem;                              // facts, but bad ones
  if (event.kind == Kind::retired) return Tone::fact;  // closed, and nothing is well again
  switch (role_of(event.kind)) {
    case Role::opens:
      return Tone::problem;
    case Role::reminds:
      return Tone::reminder;
    case Role::closes:
      return Tone::recovery;
    case Role::fact:
      break;
  }
  return Tone::fact;
}

std::string_view word_of(Kind kind) { return words_of(kind).word; }

std::string_view phrase_of(Kind kind) { return words_of(kind).phrase; }

std::string phrase_of(const Event& event, Quote quote) {
  const bool many = event.kind == Kind::retired && event.target.empty();
  if (many) return "was changed";  // the configuration is its subject
  // What became of one server is said by the aggregator: it left, or is to be asked elsewhere.
  if (const auto clause = first_clause(event); event.kind == Kind::retired && !clause.empty())
    return quote(clause);
  std::string phrase(phrase_of(event.kind));
  if (event.kind == Kind::unknown) phrase += " " + quote(name_of(event.kind));
  return phrase;
}

std::string format_age(Duration age) { return format_duration(std::max(age, Duration{0})); }

std::string near_time(Timestamp t, Timestamp reference) {
  constexpr std::size_t date = 10;  // "2026-11-22"
  const auto full = format_local(t);
  return full.substr(0, date) == format_local(reference).substr(0, date) ? format_local_clock(t)
                                                                         : full;
}

std::string span_of(Timestamp from, Timestamp to) {
  const auto first = format_local(from), last = format_local(to);
  constexpr std::size_t date = 10, minute = 16, second = 19;  // of "2026-11-22 10:02:03"
  const bool same_day = first.substr(0, date) == last.substr(0, date);
  const auto start = same_day ? date + 1 : 0;
  const auto end = to - from < std::chrono::minutes(10) ? second : minute;
  return first.substr(start, end - start) + "-" + last.substr(start, end - start) + " (" +
         format_duration(to - from) + ")";
}

std::string facts_of(const Event& e, Quote quote) {
  std::string facts;
  if (e.kind == Kind::updated)
    facts = updated_facts(e);
  else if (e.kind == Kind::went_back)
    facts = went_back_facts(e, quote);
  else if (role_of(e.kind) == Role::closes)
    facts = closing_facts(e, quote);
  else if (e.kind == Kind::samples_lost)
    facts = joined({e.since ? span_of(*e.since, e.at) : "", why_of(e, quote)});
  else if (role_of(e.kind) == Role::fact && e.kind != Kind::unknown)
    facts = why_of(e, quote);
  else
    facts = problem_facts(e, quote);
  return joined({facts, late_of(e)});
}

std::string headline_reason(const Event& e, Quote quote) {
  if (e.kind == Kind::unknown || (e.kind == Kind::retired && !e.target.empty())) return {};
  if (e.kind == Kind::watching) return {};  // a list, of which the first is not the reason
  const bool of_system = e.target.empty();
  if (!of_system && !e.reason && e.kind != Kind::clock_off) return {};
  const auto known = words_of_reason(e);
  const std::string fallback(known ? known->now : "");
  if (known && !known->then.empty() && !of_system) return fallback;
  if (e.reason == name_of(Outcome::time_unreadable)) return fallback;  // the value is quoted
  const auto clause = first_clause(e);
  // A detail that begins with the reason's name is of an older prober.
  return clause.empty() || clause == e.reason ? fallback : quote(clause);
}

std::string number_of(const Event& event) {
  return event.seq > 0 ? "event " + std::to_string(event.seq) : "";
}

std::string line_of(const Item& item, bool color) {
  const auto& e = item.event;
  if (item.note == Note::nothing_open) return format_local(e.at) + " no open problems";
  std::string word(word_of(e.kind));
  word.resize(std::max(word.size(), word_width), ' ');
  const auto who = quote_plain(e.name.empty() ? e.target : e.name);
  const auto what = joined({facts_of(e, quote_plain), quote_plain(e.address)});
  std::string line = format_local(e.at) + " " + painted(word, tone_of(e), color);
  if (e.kind == Kind::unknown) line += " " + quote_plain(name_of(e.kind));
  if (!who.empty()) line += " " + who;
  if (!what.empty()) line += "  " + what;
  if (e.seq > 0) line += " #" + std::to_string(e.seq);
  return line;
}

}  // namespace stalewatch::notifier
