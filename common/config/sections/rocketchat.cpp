// credentials.ROCKETCHAT: the chat that people are told in.

#include "common/config/sections/rocketchat.hpp"

#include "common/base/text.hpp"
#include "common/base/url.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/walk.hpp"

#include <algorithm>

namespace stalewatch {
namespace {

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using R = RocketchatConfig;
  static constexpr ConfigKey keys[] = {
      {.path = "credentials.ROCKETCHAT.webhook",
       .type = secret,
       .initial = "(required)",
       .meaning = "URL of the incoming webhook",
       .example = "https://chat.example/hooks/ID/TOKEN",
       .check = check_http_url,
       .set = [](ConfigDraft& draft,
                 const ConfigValue& value) { set_own<&R::webhook>(draft, to_send(value)); }},
      {.path = "credentials.ROCKETCHAT.headers",
       .type = headers,
       .initial = "(none)",
       .meaning =
           "further headers of the request; a value may come from a file: `X-Token_file: PATH`",
       .example = "{content-type: application/json}",
       .check = check_headers,
       .set = set_own<&R::headers>},
      {.path = "credentials.ROCKETCHAT.channel",
       .type = text,
       .initial = "(the webhook's)",
       .meaning =
           "another channel; the integration must allow it. A channel's # needs quotes in YAML",
       .example = "\"#alerts\"",
       .check = check_not_empty,
       .set = set_own<&R::channel>},
      {.path = "credentials.ROCKETCHAT.alias",
       .type = text,
       .initial = "(the webhook's)",
       .meaning = "name that the messages come from; its user must be allowed to",
       .example = "stalewatch",
       .check = check_not_empty,
       .set = set_own<&R::alias>},
      {.path = "credentials.ROCKETCHAT.emoji",
       .type = text,
       .initial = "(the webhook's)",
       .meaning = "picture of the messages",
       .example = "\":hourglass:\"",
       .check = check_not_empty,
       .set = set_own<&R::emoji>},
      {.path = "credentials.ROCKETCHAT.ca_file",
       .type = path,
       .initial = "(the system's authorities)",
       .meaning =
           "PEM file with the authorities that may have signed the chat server's certificate",
       .example = "/etc/stalewatch/ca.pem",
       .check = check_not_empty,
       .set = set_own<&R::ca_file>},
      {.path = "credentials.ROCKETCHAT.proxy",
       .type = url,
       .initial = "(none)",
       .meaning = "URL of a proxy, or `environment`",
       .example = "http://proxy.example:3128",
       .check = check_proxy,
       .set = set_own<&R::proxy>},
  };
  return keys;
}

void finish(ConfigWalk& walk) {
  const std::string section = "credentials.ROCKETCHAT";
  if (!walk.has(section)) return;
  const auto& chat = walk.draft.config.sections.edit<RocketchatConfig>();
  if (chat.webhook.empty() && !walk.told(section + ".webhook") &&
      walk.incomplete.count(section) == 0)
    walk.error(walk.marks.at(section), section + ".webhook",
               "is missing; write the URL of the incoming webhook");
  const auto& servers = walk.draft.config.servers;
  const bool silent =
      !servers.empty() && std::none_of(servers.begin(), servers.end(),
                                       [](const ServerConfig& s) { return s.notification; });
  if (silent)
    walk.warn(walk.marks.at(section), section,
              "no server has notification on: it gets only messages about stalewatch itself");
}

std::string summary(const Config& config) {
  const auto* chat = config.section<RocketchatConfig>();
  if (chat == nullptr) return "no Rocket.Chat (no credentials.ROCKETCHAT)";
  const auto parts = split_url(chat->webhook.reveal());
  std::string line = "Rocket.Chat at " +
                     escape_untrusted(std::string(parts.host).append(parts.port)) +
                     " (webhook ***)";
  if (!chat->channel.empty()) line += ", channel " + escape_untrusted(chat->channel);
  return line;
}

}  // namespace

const ConfigSection& rocketchat_section() {
  static const ConfigSection section{.path = "credentials.ROCKETCHAT",
                                     .needed_by = ConfigUser::notifier,
                                     .keys = section_keys(),
                                     .finish = finish,
                                     .chat = "Rocket.Chat",
                                     .summary_line = SummaryLine::tells,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
