#include "common/config/changes.hpp"

#include <unordered_map>
#include <vector>

namespace stalewatch {
namespace {

struct Counts {
  std::size_t added = 0, removed = 0, changed = 0;
};

Counts counts_of(const std::vector<ServerConfig>& before, const std::vector<ServerConfig>& after) {
  std::unordered_map<std::string_view, const ServerConfig*> known;
  for (const auto& server : before) known.emplace(server.key, &server);
  Counts counts;
  for (const auto& server : after) {
    const auto found = known.find(server.key);
    if (found == known.end()) {
      ++counts.added;
      continue;
    }
    if (!(*found->second == server)) ++counts.changed;
    known.erase(found);
  }
  counts.removed = known.size();
  return counts;
}

std::string targets_text(const Counts& counts) {
  std::string text;
  const auto add = [&](std::size_t count, const char* what) {
    if (count == 0) return;
    text += text.empty() ? std::to_string(count) + (count == 1 ? " target " : " targets ")
                         : ", " + std::to_string(count) + " ";
    text += what;
  };
  add(counts.added, "added");
  add(counts.removed, "removed");
  add(counts.changed, "changed");
  return text;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

bool same_notifier(const Config& a, const Config& b) {
  return a.give_up_after == b.give_up_after && a.heartbeat_url == b.heartbeat_url &&
         a.heartbeat_interval == b.heartbeat_interval;
}

}  // namespace

std::string changes_between(const Config& before, const Config& after) {
  std::vector<std::string> changed, at_start;
  const auto note = [](bool same, const char* name, std::vector<std::string>& names) {
    if (!same) names.emplace_back(name);
  };
  note(before.database == after.database, "the database", changed);
  note(before.logs == after.logs, "logs", changed);
  note(before.sections == after.sections, "where messages go", changed);
  note(same_notifier(before, after), "notifier", changed);
  note(before.prober == after.prober, "prober", changed);
  note(before.journal == after.journal, "journal", changed);
  note(before.transport == after.transport, "transport", at_start);
  note(before.journal_path == after.journal_path, "journal.path", at_start);
  note(before.notifier_state == after.notifier_state, "notifier.state", at_start);

  std::vector<std::string> parts;
  if (auto targets = targets_text(counts_of(before.servers, after.servers)); !targets.empty())
    parts.push_back(std::move(targets));
  if (!changed.empty()) parts.push_back(listed(changed) + " changed");
  if (!at_start.empty())
    parts.push_back(listed(at_start) + (at_start.size() == 1 ? " takes" : " take") +
                    " effect at the next start");
  if (parts.empty()) return "nothing has changed";
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace stalewatch
