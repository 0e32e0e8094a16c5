#include "notifier/sinks/rocketchat/body.hpp"

#include <nlohmann/json.hpp>

namespace stalewatch::notifier {
namespace {

using Json = nlohmann::json;

void set(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string rocketchat_body(const ChatMessage& message, const RocketchatFields& fields) {
  Json body = Json::object();
  set(body, "text", message.text);
  set(body, "channel", fields.channel);
  set(body, "alias", fields.alias);
  set(body, "emoji", fields.emoji);
  for (const auto& from : message.attachments) {
    Json attachment = Json::object();
    set(attachment, "color", from.color);
    set(attachment, "title", from.title);
    set(attachment, "text", from.text);
    body["attachments"].push_back(std::move(attachment));
  }
  return dumped(body);
}

std::string rocketchat_bare_body(const ChatMessage& message) {
  return dumped(Json{{"text", bare_text(message)}});
}

}  // namespace stalewatch::notifier
