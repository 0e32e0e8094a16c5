#pragma once

// A chat message as the JSON that Rocket.Chat's incoming webhook takes. Pure.

#include "notifier/sinks/rocketchat/text.hpp"

#include <string>

namespace stalewatch::notifier {

/// Fields that the webhook only takes when its integration allows it; empty ones are not sent.
struct RocketchatFields {
  std::string channel, alias, emoji;
};

/// A JSON object in valid UTF-8 without any empty, zero or false member: Rocket.Chat answers a body
/// that it cannot parse with success and posts nothing, and refuses messages with falsy values.
std::string rocketchat_body(const ChatMessage& message, const RocketchatFields& fields);

/// The same as plain text and nothing else, for a server that refused the full form.
std::string rocketchat_bare_body(const ChatMessage& message);

}  // namespace stalewatch::notifier
