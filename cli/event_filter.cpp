#include "cli/event_filter.hpp"

#include "common/base/ascii.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/messages/names.hpp"
#include "notifier/render.hpp"

#include <algorithm>
#include <optional>

namespace stalewatch::cli {
namespace {

constexpr std::size_t shown = 80;  // bytes of what was given

/// "STILL STALE", "Still-Stale": still_stale.
std::string spelled_as_name(std::string_view text) {
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    if (c == ' ' || c == '-') return '_';
    return to_lower(c);
  });
  return name;
}

/// Those that are in the journal: consumers' own ones come last and are never in it.
std::vector<std::string> journaled_kinds() {
  std::vector<std::string> names;
  for (auto i = 0; i < static_cast<int>(Kind::gap); ++i)
    names.emplace_back(name_of(static_cast<Kind>(i)));
  return names;
}

std::optional<EventKind> kind_from(const std::string& name, const std::vector<std::string>& known) {
  const auto at = std::find(known.begin(), known.end(), name);
  if (at != known.end()) return static_cast<Kind>(at - known.begin());
  for (auto i = 0; i < static_cast<int>(known.size()); ++i)
    if (spelled_as_name(notifier::word_of(static_cast<Kind>(i))) == name)
      return static_cast<Kind>(i);
  return std::nullopt;
}

/// One that only a newer version knows: it may be in the journal all the same.
std::optional<EventKind> unknown_kind_from(const std::string& given) {
  const auto kind = event_kind_from(given);
  return kind && *kind == Kind::unknown && given != name_of(Kind::unknown) ? kind : std::nullopt;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : std::string(separator)) + word;
  return text;
}

Error no_kind(const std::string& given, const std::vector<std::string>& known) {
  const auto near = nearest_word(spelled_as_name(given), known);
  return Error{"--kind: no kind \"" + escape_untrusted(given, shown) + "\"; " +
               (near.empty() ? "there are " + joined(known, ", ")
                             : "did you mean \"" + std::string(near) + "\"?")};
}

}  // namespace

void add_options(CommandLine& line, EventSelection& selection) {
  line.option("NAME", selection.names,
              "only events of these: servers by key or name, or who a system event is about (a "
              "prober's name)");
  line.option("--kind", selection.kinds,
              "only events of this kind (stale, still_stale, fresh_again, failing, ...); may come "
              "several times")
      .value_name("KIND");
}

Result<EventFilter> EventFilter::from(const EventSelection& selection) {
  EventFilter filter;
  for (const auto& name : selection.names)
    if (name.empty()) return Error{"a name is empty; leave it out for the events of all"};
  filter.names_ = selection.names;
  const auto known = journaled_kinds();
  for (const auto& given : selection.kinds) {
    auto kind = kind_from(spelled_as_name(given), known);
    if (!kind && nearest_word(spelled_as_name(given), known).empty()) {
      kind = unknown_kind_from(given);
      if (kind) filter.unknown_.push_back(given);
    }
    if (!kind) return no_kind(given, known);
    filter.kinds_.push_back(*std::move(kind));
  }
  return filter;
}

bool EventFilter::wants(const Event& event) const {
  const auto is_meant = [&](const std::string& name) {
    return name == event.target || name == event.name;
  };
  return (names_.empty() || std::any_of(names_.begin(), names_.end(), is_meant)) &&
         (kinds_.empty() || std::find(kinds_.begin(), kinds_.end(), event.kind) != kinds_.end());
}

std::string EventFilter::hint() const {
  if (unknown_.empty()) return "";
  return "--kind: this version has no kind \"" + joined(unknown_, "\", \"") +
         "\", and shows what a newer one has written of it; it has " +
         joined(journaled_kinds(), ", ");
}

std::string EventFilter::for_people() const {
  std::vector<std::string> names, kinds;
  for (const auto& name : names_) names.push_back('"' + escape_untrusted(name, shown) + '"');
  for (const auto& kind : kinds_) kinds.emplace_back(name_of(kind));
  std::vector<std::string> parts;
  if (!names.empty()) parts.push_back("of " + joined(names, " or "));
  if (!kinds.empty()) parts.push_back("of kind " + joined(kinds, " or "));
  return joined(parts, " ");
}

}  // namespace stalewatch::cli
