#include "mock_server/hook_message.hpp"

#include "common/base/ascii.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace stalewatch::mock_server {
namespace {

using nlohmann::json;
using Refusal = std::optional<std::string>;

/// What JavaScript's `if (value)` says.
bool truthy(const json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return true;
}

const json& at(const json& object, const char* key) {
  static const json nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string_view type_name(const json& value) {
  if (value.is_string()) return "string";
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "boolean";
  return "object";
}

std::string wrong_type(std::string_view expected, const json& value, std::string_view field) {
  return fmt::format("Match error: Expected {}, got {} in field {}", expected, type_name(value),
                     field);
}

template <std::size_t N>
Refusal check_type(const json& object, const std::array<const char*, N>& fields,
                   std::string_view expected) {
  for (const char* field : fields)
    if (const json& value = at(object, field); !value.is_null() && type_name(value) != expected)
      return wrong_type(expected, value, field);
  return std::nullopt;
}

bool is_full_url(const std::string& text) {
  const std::string lower = to_lower(text.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://") ||
         lower.starts_with("data:");
}

Refusal check_urls(const json& object, const std::vector<const char*>& fields) {
  for (const char* field : fields) {
    const json& value = at(object, field);
    if (value.is_null()) continue;
    if (!value.is_string()) return wrong_type("string", value, field);
    if (!is_full_url(value.get_ref<const std::string&>())) return "Invalid href value provided";
  }
  return std::nullopt;
}

Refusal check_field(const json& field) {
  if (!field.is_object()) return "Invalid attachment field, title and value is required";
  if (auto refusal = check_type(field, std::array{"short"}, "boolean")) return refusal;
  if (auto refusal = check_type(field, std::array{"title"}, "string")) return refusal;
  if (const json& value = at(field, "value"); value.is_structured())
    return "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation in field "
           "value";
  if (!truthy(at(field, "value")) || !truthy(at(field, "title")))
    return "Invalid attachment field, title and value is required";
  return std::nullopt;
}

Refusal check_attachment(const json& attachment) {
  if (!attachment.is_object()) return "Match error: Expected object in field attachments";
  static constexpr std::array texts{"color", "text", "author_name", "title", "button_alignment"};
  static constexpr std::array switches{"collapsed", "title_link_download"};
  static const std::vector<const char*> urls{"thumb_url",   "message_link", "author_link",
                                             "author_icon", "title_link",   "image_url",
                                             "audio_url",   "video_url"};
  if (auto refusal = check_type(attachment, texts, "string")) return refusal;
  if (auto refusal = check_type(attachment, switches, "boolean")) return refusal;
  if (auto refusal = check_urls(attachment, urls)) return refusal;
  if (const json& ts = at(attachment, "ts"); !ts.is_null() && !ts.is_string() && !ts.is_number())
    return "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation in field ts";
  const json& fields = at(attachment, "fields");
  if (!fields.is_null() && !fields.is_array()) return wrong_type("array", fields, "fields");
  for (const json& field : fields)
    if (auto refusal = check_field(field)) return refusal;
  return std::nullopt;
}

/// The first of the fields that is truthy, as `a || b` picks it.
const json& first_of(const json& fields, const char* first, const char* second) {
  const json& value = at(fields, first);
  return truthy(value) ? value : at(fields, second);
}

Refusal check_sender(const json& fields, const HookPermissions& permissions) {
  const json& alias = first_of(fields, "username", "alias");
  const json& avatar = first_of(fields, "icon_url", "avatar");
  if (truthy(alias) && !alias.is_string()) return wrong_type("string", alias, "alias");
  if (truthy(avatar) && !avatar.is_string()) return wrong_type("string", avatar, "avatar");
  if (truthy(avatar) && !is_full_url(avatar.get<std::string>()) &&
      !avatar.get<std::string>().starts_with('/'))
    return "Invalid href value provided";
  if (!permissions.impersonation && (truthy(alias) || truthy(avatar)))
    return "Not enough permission";
  return std::nullopt;
}

std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

nlohmann::json hook_fields(std::string_view content_type, std::string_view body) {
  std::string text;
  constexpr std::string_view only_key = "payload=";
  if (content_type.starts_with("application/json"))
    text = body;
  else if (content_type.starts_with("application/x-www-form-urlencoded") &&
           body.starts_with(only_key) && body.find('&') == std::string_view::npos)
    text = form_decoded(body.substr(only_key.size()));
  json fields = json::parse(text, nullptr, false);
  return fields.is_object() ? fields : json::object();
}

std::optional<std::string> hook_refusal(const nlohmann::json& fields,
                                        const HookPermissions& permissions) {
  if (truthy(first_of(fields, "channel", "roomId")) && !permissions.channel_override)
    return "overriding destination channel is disabled for this integration";
  if (const json& text = first_of(fields, "text", "msg"); truthy(text) && !text.is_string())
    return wrong_type("string", text, "msg");
  if (auto refusal = check_sender(fields, permissions)) return refusal;
  const json& attachments = at(fields, "attachments");
  if (!attachments.is_array())
    return std::nullopt;  // the real one ignores it with a warning in its own log
  for (const json& attachment : attachments)
    if (auto refusal = check_attachment(attachment)) return refusal;
  return std::nullopt;
}

}  // namespace stalewatch::mock_server
