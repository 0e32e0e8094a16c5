#include "notifier/digest.hpp"

#include "common/messages/names.hpp"

#include <algorithm>
#include <map>

namespace stalewatch::notifier {
namespace {

/// Targets have a key; matters of the system (a prober, the journal) have a name and a problem.
std::string subject_of(const Event& e) {
  if (!e.target.empty()) return "target " + e.target;
  return "system " + e.name + " " + std::string(problem_of(e.kind));
}

bool is_over(Form form) {
  return form == Form::recovery || form == Form::removed || form == Form::passed ||
         form == Form::fact;
}

/// The part of the same problem that is still open in what was folded so far.
Part* open_part(Story& story, const Event& e) {
  for (auto& part : story.parts)
    if (!is_over(part.form) && problem_of(part.event.kind) == problem_of(e.kind) &&
        part.event.episode == e.episode)
      return &part;
  return nullptr;
}

void close(Part& part, const Event& closing) {
  if (part.form == Form::problem) {
    part.form = Form::passed;
    part.opening = part.event;
  } else {
    part.form = closing.kind == Kind::retired ? Form::removed : Form::recovery;
  }
  part.event = closing;
}

/// A reminder on top of its first alarm only brings newer facts: it goes on being told by the
/// number of the alarm, so that a repeat is recognised when the reminder is not told any more.
void remind(Part& part, const Event& reminder) {
  const auto first = part.event;
  part.event = reminder;
  if (part.form == Form::reminder) return;
  part.event.kind = first.kind;
  part.event.seq = first.seq;
  part.event.repeat_number.reset();
  if (!part.event.since) part.event.since = first.since ? first.since : std::optional(first.at);
}

void add_retired(Story& story, const Event& e) {
  std::erase_if(story.parts, [](const Part& part) { return part.form == Form::reminder; });
  for (auto& part : story.parts)
    if (!is_over(part.form)) close(part, e);
  if (story.parts.empty() || story.parts.back().event.kind != Kind::retired)
    story.parts.push_back({Form::removed, e, {}});
}

void add(Story& story, const Item& item) {
  const auto& e = item.event;
  auto* const part = open_part(story, e);
  if (item.note == Note::nothing_open) return story.parts.push_back({Form::nothing, e, {}});
  if (item.note == Note::already_open) return story.parts.push_back({Form::already_open, e, {}});
  if (e.kind == Kind::retired) return add_retired(story, e);
  switch (role_of(e.kind)) {
    case Role::opens:
      if (part)
        return static_cast<void>(part->event = e);  // the announcement of what was inhibited
      return story.parts.push_back({Form::problem, e, {}});
    case Role::reminds:
      if (part) return remind(*part, e);
      return story.parts.push_back({Form::reminder, e, {}});
    case Role::closes:
      if (part) return close(*part, e);
      return story.parts.push_back({Form::recovery, e, {}});
    case Role::fact:
      return story.parts.push_back({Form::fact, e, {}});
  }
}

}  // namespace

std::vector<Story> fold(const std::vector<Item>& items) {
  std::vector<Story> stories;
  std::map<std::string, std::size_t> of_subject;
  for (const auto& item : items) {
    const auto& e = item.event;
    const auto [found, is_new] = of_subject.emplace(subject_of(e), stories.size());
    if (is_new) stories.emplace_back();
    auto& story = stories[found->second];
    story.name = e.name.empty() ? e.target : e.name;
    story.address = e.address;
    add(story, item);
  }
  for (auto& story : stories) {
    const auto worst =
        std::min_element(story.parts.begin(), story.parts.end(),
                         [](const Part& a, const Part& b) { return a.form < b.form; });
    story.form = worst->form;
  }
  // A new sink was to be told that nothing was open, and something has happened before it was.
  if (stories.size() > 1)
    std::erase_if(stories, [](const Story& story) { return story.form == Form::nothing; });
  return stories;
}

}  // namespace stalewatch::notifier
