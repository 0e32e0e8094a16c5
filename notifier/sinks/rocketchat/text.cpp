#include "notifier/sinks/rocketchat/text.hpp"

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"
#include "common/messages/names.hpp"
#include "notifier/render.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace stalewatch::notifier {
namespace {

constexpr std::string_view zero_width_space = "\u200b";
/// More than these nobody reads on a phone; the attachment lists all.
constexpr std::size_t names_in_headline = 5;
constexpr std::size_t max_quoted = 200;  // bytes; longer strings from outside say nothing more
constexpr std::size_t max_bare_text = 4500;
constexpr std::size_t max_parts = 700;  // bytes of what is told of one server in a list of several
constexpr std::size_t max_numbers = 200;   // and of the events' numbers there
constexpr std::size_t room_for_rest = 32;  // "and 1234567 more"

struct Look {
  Form form;
  std::string_view mark, color, one, many;
};

constexpr std::array<Look, 8> looks = {{
    {Form::problem, "🔴", "#d93025", "PROBLEM", "new problems"},
    {Form::already_open, "🔴", "#d93025", "OPEN PROBLEM", "problems are open"},
    {Form::reminder, "🟠", "#e8710a", "REMINDER", "reminders"},
    {Form::recovery, "🟢", "#188038", "RECOVERED", "recovered"},
    {Form::removed, "⚪", "#80868b", "REMOVED", "closed by the configuration"},
    {Form::passed, "⚪", "#80868b", "CAME AND WENT", "came and went"},
    {Form::fact, "🔵", "#1a73e8", "NOTE", "notes"},
    {Form::nothing, "🟢", "#188038", "NO OPEN PROBLEMS", "no open problems"},
}};

bool is_plain(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
         c == '-' || c >= 0x80;
}

std::string past(std::string_view phrase) {
  if (phrase.starts_with("is ")) return "was " + std::string(phrase.substr(3));
  if (phrase.starts_with("has ")) return "had " + std::string(phrase.substr(4));
  return std::string(phrase) + ":";
}

/// What came and went did not end well when the server was taken out of the configuration.
std::string removal_of(const Part& part) {
  if (part.event.kind != Kind::retired) return {};
  return "; " + phrase_of(part.event, quote_chat);
}

/// "is stale: data 15m old (limit 15m), ..." or "was stale 10:02-10:40 (38m)".
std::string told(const Part& part) {
  const auto& e = part.event;
  if (part.form == Form::nothing) return "no open problems";
  if (part.opening) {
    const auto from = part.opening->since.value_or(part.opening->at);
    const auto why = facts_of(*part.opening, quote_chat);
    return past(phrase_of(part.opening->kind)) + " " + span_of(from, e.at) +
           (why.empty() ? "" : "; began: " + why) + removal_of(part);
  }
  const auto facts = facts_of(e, quote_chat);
  if (e.kind == Kind::retired && !e.target.empty() && e.detail) return facts;  // it begins with it
  return phrase_of(e, quote_chat) + (facts.empty() ? "" : ": " + facts);
}

/// The same for the summary line: nothing in it that an answering server has written.
std::string told_shortly(const Part& part) {
  const auto& e = part.event;
  if (part.form == Form::nothing) return "no open problems";
  if (part.opening)
    return past(phrase_of(part.opening->kind)) + " " +
           span_of(part.opening->since.value_or(part.opening->at), e.at) + removal_of(part);
  std::string text = phrase_of(e, quote_chat);
  if (part.form == Form::recovery && e.since)
    return text + " after " + format_duration(e.at - *e.since);
  if (const auto reason = headline_reason(e, quote_chat); !reason.empty())
    text += " (" + reason + ")";
  if (part.form == Form::removed)
    return text + (e.since ? "; closed after " + format_duration(e.at - *e.since) : "");
  if (e.age && opening_of(e.kind) == Kind::stale) text += ": data " + format_age(*e.age) + " old";
  if (part.form == Form::already_open && e.since) text += ", since " + near_time(*e.since, e.at);
  return text;
}

/// As many of the last as fit, at least one, and how many were before them: what is so now stands
/// at the end. Nothing is cut in the middle.
std::string latest(const std::vector<std::string>& texts, std::string_view between,
                   std::size_t max) {
  std::size_t first = texts.size(), bytes = room_for_rest;
  while (first > 0 &&
         (first == texts.size() || bytes + between.size() + texts[first - 1].size() <= max))
    bytes += between.size() + texts[--first].size();
  std::string text = first > 0 ? std::to_string(first) + " earlier" : "";
  for (std::size_t i = first; i < texts.size(); ++i)
    text += (i > 0 ? std::string(between) : "") + texts[i];
  return text;
}

template <typename Tell>
std::string told_parts(const Story& story, Tell tell, std::size_t max) {
  std::vector<std::string> parts;
  for (const auto& part : story.parts) parts.push_back(tell(part));
  return latest(parts, "; ", max);
}

std::string numbers_of(const Story& story) {
  std::vector<std::string> numbers;
  for (const auto& part : story.parts) {
    if (part.opening && part.opening->seq > 0)
      numbers.push_back("#" + std::to_string(part.opening->seq));
    if (part.event.seq > 0) numbers.push_back("#" + std::to_string(part.event.seq));
  }
  return latest(numbers, ", ", max_numbers);
}

std::string name_of(const Story& story) {
  return story.name.empty() ? "" : quote_chat(story.name) + " ";
}

/// One line, for a list of many.
std::string line_of(const Story& story) {
  auto line = name_of(story) + told_parts(story, told, max_parts);
  if (!story.address.empty()) line += ", " + quote_chat(story.address);
  const auto numbers = numbers_of(story);
  return line + (numbers.empty() ? "" : " " + numbers);
}

/// Several lines, for a story that has the message for itself.
std::string block_of(const Story& story) {
  std::string end;
  if (!story.address.empty()) end += "\n" + quote_chat(story.address);
  if (const auto numbers = numbers_of(story); !numbers.empty()) end += "\n" + numbers;
  std::vector<std::string> lines;
  for (const auto& part : story.parts) lines.push_back(name_of(story) + told(part));
  return latest(lines, "\n", max_attachment_text - end.size()) + end;
}

/// As many as fit, `most` at most, and how many more there are. Nothing is cut in the middle.
std::string listed(const std::vector<std::string>& lines, std::string_view between, std::size_t max,
                   std::size_t most = std::numeric_limits<std::size_t>::max()) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool fits =
        i < most && text.size() + between.size() + lines[i].size() + room_for_rest <= max;
    if (!fits && i > 0)
      return text + std::string(between) + "and " + std::to_string(lines.size() - i) + " more";
    text += (i > 0 ? std::string(between) : "") + lines[i];
  }
  return text;
}

std::vector<const Story*> of_form(const std::vector<Story>& stories, Form form) {
  std::vector<const Story*> found;
  for (const auto& story : stories)
    if (story.form == form) found.push_back(&story);
  return found;
}

std::string summary_of(const Look& look, const std::vector<const Story*>& stories,
                       std::size_t room) {
  const auto mark = std::string(look.mark) + " ";
  if (stories.size() == 1)
    return mark + name_of(*stories[0]) + told_parts(*stories[0], told_shortly, room);
  std::vector<std::string> names;
  for (const auto* story : stories)
    names.push_back(story->name.empty() ? std::string("the system") : quote_chat(story->name));
  return mark + std::to_string(stories.size()) + " " + std::string(look.many) + ": " +
         listed(names, ", ", room, names_in_headline);
}

Attachment attachment_of(const Look& look, const std::vector<const Story*>& stories, bool alone) {
  const auto count = stories.size() == 1
                         ? std::string(look.one)
                         : std::to_string(stories.size()) + " " + std::string(look.many);
  Attachment attachment{std::string(look.color), count, {}};
  if (alone) {
    attachment.text = block_of(*stories[0]);
  } else {
    std::vector<std::string> lines;
    for (const auto* story : stories) lines.push_back(line_of(*story));
    attachment.text = listed(lines, "\n", max_attachment_text);
  }
  return attachment;
}

std::string cut(const std::string& text, std::size_t max) {
  constexpr std::string_view dots = "...";
  if (text.size() <= max) return text;
  return std::string(cut_to_bytes(text, max - dots.size())).append(dots);
}

}  // namespace

std::string quote_chat(std::string_view untrusted) {
  const auto text = escape_untrusted(untrusted, max_quoted);
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return is_plain(static_cast<unsigned char>(c)); }))
    return text;
  std::string quoted = "`";
  for (const char c : text) {
    if (begins_character(c) && quoted.size() > max_quoted)
      return quoted + "...`";  // by what is broken
    quoted += c == '`' ? '\'' : c;
    if (c == '@' || c == '#') quoted += zero_width_space;
  }
  return quoted + "`";
}

ChatMessage chat_message(const std::vector<Story>& stories) {
  ChatMessage message;
  for (const auto& look : looks) {
    const auto found = of_form(stories, look.form);
    if (found.empty()) continue;
    const auto room = max_text / looks.size();  // so that one long list does not hide the others
    if (!message.text.empty()) message.text += "\n";
    message.text += summary_of(look, found, stories.size() == found.size() ? max_text : room);
    if (look.form != Form::nothing)
      message.attachments.push_back(attachment_of(look, found, stories.size() == 1));
  }
  for (auto& attachment : message.attachments)
    attachment.text = cut(attachment.text, max_attachment_text);
  return message;
}

ChatMessage test_message(Timestamp now) {
  return {"🔵 stalewatch: test message",
          {{"#1a73e8", "NOTE",
            "Alarms of stalewatch will arrive here. Sent " + format_local(now) + "."}}};
}

std::string bare_text(const ChatMessage& message) {
  auto text = message.text;
  for (const auto& attachment : message.attachments) text += "\n" + attachment.text;
  // Without attachments Rocket.Chat fetches what looks like an address to show a preview of it.
  for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at + 1))
    text.insert(at + 1, zero_width_space);
  return cut(text, max_bare_text);
}

}  // namespace stalewatch::notifier
