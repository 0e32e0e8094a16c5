#include "notifier/owed.hpp"

#include "common/messages/json_lines.hpp"
#include "common/messages/names.hpp"
#include "notifier/render.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stalewatch::notifier {
namespace {

/// Of what was given up a person reads the newest; --json has all.
constexpr std::size_t given_up_shown = 50;

std::string who(const Event& e) { return quote_plain(e.name.empty() ? e.target : e.name); }

std::string opening_line(const Event& e, Timestamp now) {
  const auto since = e.since.value_or(e.at);
  std::string line = "  open     " + who(e) + " " + std::string(phrase_of(opening_of(e.kind))) +
                     " since " + format_local(since) + " (" + format_duration(now - since) + ")";
  if (e.seq > 0) line += " #" + std::to_string(e.seq);
  return line + "\n";
}

/// The list of a sink that is like that of one before it is that one's.
std::string open_lines(const std::vector<SinkDebt>& debts, const SinkDebt& debt, Timestamp now) {
  const auto same = std::find_if(debts.begin(), debts.end(),
                                 [&](const SinkDebt& other) { return other.open == debt.open; });
  if (&*same != &debt && !debt.open.empty())
    return "  open     the same as on " + same->sink + "\n";
  std::string lines;
  for (const auto& opening : debt.open) lines += opening_line(opening, now);
  return lines;
}

std::string given_up_line(const GivenUp& one) {
  std::string line = "  given up " + format_local(one.at) + " " + who(one.event) + " " +
                     phrase_of(one.event, quote_plain);
  if (one.event.seq > 0) line += " #" + std::to_string(one.event.seq);
  return line + ": " + quote_plain(one.why) + "\n";
}

std::string waiting_line(const SinkDebt& debt, Timestamp now) {
  std::string line = "  waiting  " + std::to_string(debt.waiting);
  if (debt.oldest)
    line += ", the oldest since " + format_local(*debt.oldest) + " (" +
            format_duration(now - *debt.oldest) + ")";
  if (debt.last_error) line += "; it does not take them: " + quote_plain(*debt.last_error);
  if (debt.failing_since) line += ", since " + format_local(*debt.failing_since);
  return line + "\n";
}

}  // namespace

bool all_delivered(const std::vector<SinkDebt>& debts) {
  return std::all_of(debts.begin(), debts.end(), [](const SinkDebt& debt) {
    return debt.waiting == 0 && debt.given_up.empty();
  });
}

std::string debts_as_text(const std::vector<SinkDebt>& debts, Timestamp now) {
  std::string text;
  for (const auto& debt : debts) {
    text += debt.sink + (debt.configured ? "" : " (not configured any more)") + ": " +
            std::to_string(debt.open.size()) + " announced and not closed, " +
            std::to_string(debt.waiting) + " waiting, " + std::to_string(debt.given_up.size()) +
            " given up\n";
    text += open_lines(debts, debt, now);
    if (debt.waiting > 0 || debt.last_error) text += waiting_line(debt, now);
    const auto hidden = debt.given_up.size() - std::min(debt.given_up.size(), given_up_shown);
    if (hidden > 0) text += "  given up " + std::to_string(hidden) + " more before these\n";
    for (auto i = hidden; i < debt.given_up.size(); ++i) text += given_up_line(debt.given_up[i]);
  }
  if (debts.empty()) text = "no sink has begun yet\n";
  return text;
}

std::string debts_as_json(const std::vector<SinkDebt>& debts) {
  auto sinks = nlohmann::ordered_json::array();
  const auto time_or_null = [](const std::optional<Timestamp>& t) {
    return t ? nlohmann::ordered_json(format_utc(*t)) : nlohmann::ordered_json();
  };
  for (const auto& debt : debts) {
    auto open = nlohmann::ordered_json::array(), given_up = nlohmann::ordered_json::array();
    for (const auto& e : debt.open) open.push_back(nlohmann::ordered_json::parse(to_json_line(e)));
    for (const auto& one : debt.given_up)
      given_up.push_back({{"seq", one.event.seq},
                          {"kind", name_of(one.event.kind)},
                          {"target", one.event.target},
                          {"name", one.event.name},
                          {"at", format_utc(one.at)},
                          {"why", one.why}});
    sinks.push_back({{"sink", debt.sink},
                     {"configured", debt.configured},
                     {"open", open},
                     {"waiting", debt.waiting},
                     {"oldest", time_or_null(debt.oldest)},
                     {"last_error", debt.last_error ? nlohmann::ordered_json(*debt.last_error)
                                                    : nlohmann::ordered_json()},
                     {"failing_since", time_or_null(debt.failing_since)},
                     {"given_up", given_up}});
  }
  return nlohmann::ordered_json{{"sinks", sinks}}.dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace stalewatch::notifier
