#pragma once

// What Rocket.Chat makes of the body of an incoming webhook. Pure.

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::mock_server {

/// What an integration may do.
struct HookPermissions {
  bool channel_override = false;  ///< "override destination channel" of the integration
  bool impersonation = true;      ///< permission message-impersonate of its user: alias and avatar

  bool operator==(const HookPermissions&) const = default;
};

/// The fields as the server sees them. Everything that does not read as a JSON object is an empty
/// object, as it is with the real one; a form is understood when its only key is "payload".
nlohmann::json hook_fields(std::string_view content_type, std::string_view body);

/// Why the server refuses this message with 400, in its own words; nothing when it posts it.
std::optional<std::string> hook_refusal(const nlohmann::json& fields,
                                        const HookPermissions& permissions);

}  // namespace stalewatch::mock_server
