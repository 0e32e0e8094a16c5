#pragma once

// Stories as a chat message: one summary line that a phone shows, and one coloured attachment per
// kind of story. Pure.

#include "notifier/digest.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::notifier {

struct Attachment {
  std::string color;  ///< "#rrggbb"
  std::string title;  ///< holds nothing from outside
  std::string text;
};

/// A message before it gets the form of a certain chat.
struct ChatMessage {
  std::string text;
  std::vector<Attachment> attachments;
};

/// Makes a string from outside unable to mention anybody and to format anything in Rocket.Chat, and
/// readable still: letters, digits, spaces and hyphens stay as they are, everything else goes into
/// a code span with @ and # broken.
std::string quote_chat(std::string_view untrusted);

/// What a message is allowed to be, in bytes; Rocket.Chat's default limit is 5,000 characters of
/// text. The text is one line for each kind of story; where there are several, each has an eighth,
/// but at least what one story needs.
inline constexpr std::size_t max_text = 1000;
inline constexpr std::size_t max_attachment_text = 3500;

ChatMessage chat_message(const std::vector<Story>& stories);

/// The message of --test.
ChatMessage test_message(Timestamp now);

/// All of a message as one plain text, with nothing that a server could look up or refuse: at most
/// 4,500 bytes.
std::string bare_text(const ChatMessage& message);

}  // namespace stalewatch::notifier
