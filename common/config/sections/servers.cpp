// servers, one entry each, and defaults, which hold for all of them.

#include "common/base/ascii.hpp"
#include "common/base/text.hpp"
#include "common/base/url.hpp"
#include "common/config/setters.hpp"
#include "common/config/target_spec.hpp"
#include "common/config/values.hpp"
#include "common/config/walk.hpp"
#include "common/messages/wire.hpp"

#include <algorithm>
#include <unordered_map>

namespace stalewatch {
namespace {

/// More would only scroll away what matters.
constexpr std::size_t max_servers_shown = 50;

/// Who has to have their secrets.
constexpr ConfigUser users = ConfigUser::aggregator | ConfigUser::standalone_prober;

std::uint64_t bit_of(std::string_view name) {
  constexpr std::size_t prefix = std::string_view("servers.X.").size();
  const auto keys = server_keys();
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [&](const ConfigKey& k) { return k.path.substr(prefix) == name; });
  return std::uint64_t{1} << (key - keys.begin());
}

std::string path_of(const ServerConfig& server, std::string_view key = {}) {
  std::string path = "servers." + escape_untrusted(server.key, 100);
  return key.empty() ? path : path + "." + std::string(key);
}

/// Values of `defaults:` for what the server does not set itself.
void apply_defaults(ConfigWalk& walk, ServerConfig& server, ServerRecord& record) {
  walk.draft.server = &server;
  for (std::size_t i = 0; i < walk.defaults.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (!walk.defaults[i] || (record.set & bit) != 0) continue;
    server_keys()[i].set(walk.draft, *walk.defaults[i]);
    record.set |= bit;
  }
  walk.draft.server = nullptr;
}

/// "http://user:password@host/": the two become basic_auth, so that the address can be shown.
void take_user_from_address(ConfigWalk& walk, ServerConfig& server, const ServerRecord& record) {
  const auto parts = split_url(server.address);
  if (parts.user.empty()) return;
  std::string user(parts.credentials());
  server.address.erase(parts.scheme.size(), parts.user.size());
  if (!server.basic_auth.empty()) {
    walk.error(record.mark, path_of(server, "basic_auth"),
               "is given together with a user in the address; remove one");
    return;
  }
  if (user.find(':') == std::string::npos) user += ':';
  server.basic_auth = Secret(percent_decode(user));
}

void finish_times(ConfigWalk& walk, ServerConfig& server, const ServerRecord& record) {
  static const std::uint64_t interval = bit_of("interval"), timeout = bit_of("timeout");
  if ((record.set & interval) == 0) server.interval = walk.draft.config.checkup_interval;
  if ((record.set & timeout) == 0) server.timeout = std::min(server.timeout, server.interval);
  if (server.timeout > server.interval) {
    const bool own = record.timeout.line != 0;
    walk.error(own ? record.timeout : record.mark, path_of(server, "timeout"),
               format_duration_exact(server.timeout) + (own ? "" : " (from defaults)") +
                   " is longer than the interval, " + format_duration_exact(server.interval));
  }
  if (server.threshold < server.interval)
    walk.warn(record.mark, path_of(server),
              "notification_threshold " + format_duration_exact(server.threshold) +
                  " is shorter than the interval " + format_duration_exact(server.interval) +
                  ": it will be stale before each next probe");
}

void finish_tls(ConfigWalk& walk, const ServerConfig& server, const ServerRecord& record) {
  if (!server.cert_file.empty() && server.key_file.empty())
    walk.error(record.cert_file.line != 0 ? record.cert_file : record.mark,
               path_of(server, "tls.cert_file"), "needs tls.key_file beside it");
  if (server.cert_file.empty() && !server.key_file.empty())
    walk.error(record.key_file.line != 0 ? record.key_file : record.mark,
               path_of(server, "tls.key_file"), "needs tls.cert_file beside it");
  if (!server.verify)
    walk.warn(record.mark, path_of(server, "tls.verify"),
              "off: an impostor's answers would be believed");
}

/// A server of more bytes than this, as a prober is told of it, is hardly meant.
constexpr std::size_t large = 64 << 10;

/// Probers are told of each server in one piece of a message. Its headers alone may be large: every
/// other text has 4 KiB at most.
void finish_size(ConfigWalk& walk, const ServerConfig& server, const ServerRecord& record) {
  std::size_t headers = 0;
  for (const auto& [name, value] : server.headers) headers += name.size() + value.reveal().size();
  if (headers < large / 4) return;  // and all the rest cannot be as much as is missing
  const std::size_t whole = encoded_size(target_spec(0, server));
  if (whole <= large) return;
  const auto kib = [](std::size_t bytes) { return std::to_string((bytes + 1023) >> 10) + " KiB"; };
  const std::string what = "take " + kib(headers) + " of the " + kib(whole) +
                           " that a prober has to be told of this server";
  if (whole > max_element_bytes)
    walk.error(record.mark, path_of(server, "headers"),
               what + "; at most " + kib(max_element_bytes) + " can be");
  else
    walk.warn(record.mark, path_of(server, "headers"), what + "; is that meant?");
}

void finish(ConfigWalk& walk) {
  auto& servers = walk.draft.config.servers;
  if (servers.empty() && walk.is_for(users) && !walk.servers_wrong) {
    const bool there = walk.servers_mark.has_value();
    walk.error(walk.servers_mark.value_or(YamlMark{}), "servers",
               there ? "is empty; write at least one server: a name, then its address below it"
                     : "is missing; write \"servers:\", and below it a name with an address");
  }
  static const std::uint64_t address = bit_of("address");
  std::unordered_map<std::string_view, int> names;  // to the line
  for (std::size_t i = 0; i < servers.size(); ++i) {
    ServerConfig& server = servers[i];
    ServerRecord& record = walk.records[i];
    apply_defaults(walk, server, record);
    if (server.name.empty()) server.name = server.key;
    const YamlMark at = record.name.line != 0 ? record.name : record.mark;
    const auto [other, fresh] = names.try_emplace(server.name, at.line);
    if (!fresh)
      walk.error(at, path_of(server, "name"),
                 "is another server's name already, in line " + std::to_string(other->second));
    if ((record.set & address) == 0 && !record.wrong && walk.incomplete.count("servers.X") == 0)
      walk.error(record.mark, path_of(server, "address"),
                 "is missing; write the URL to ask, like http://HOST/PATH");
    if ((record.set & address) != 0) take_user_from_address(walk, server, record);
    finish_times(walk, server, record);
    finish_tls(walk, server, record);
    finish_size(walk, server, record);
  }
}

/// Where a server with `notification` off is not told.
std::string chats() {
  std::string names;
  for (const ConfigSection* section : config_sections())
    if (!section->chat.empty()) names += (names.empty() ? "" : " or ") + std::string(section->chat);
  return names;
}

std::string server_line(const ServerConfig& server) {
  std::string line = "  " + escape_untrusted(server.name) + "  " +
                     address_for_people(server.address) + "  every " +
                     format_duration_exact(server.interval) + ", stale after " +
                     format_duration_exact(server.threshold) + ", " +
                     (server.msg_interval == Duration{}
                          ? "no reminders"
                          : "reminders every " + format_duration_exact(server.msg_interval));
  if (!server.notification) line += ", not to " + chats();
  if (!server.db_save) line += ", no rows";
  return line;
}

std::string summary(const Config& config) {
  const std::size_t count = config.servers.size();
  std::string text = std::to_string(count) + (count == 1 ? " server" : " servers");
  const std::size_t shown = std::min(count, max_servers_shown);
  for (std::size_t i = 0; i < shown; ++i) text += "\n" + server_line(config.servers[i]);
  if (count > shown) text += "\n  and " + std::to_string(count - shown) + " more";
  return text;
}

}  // namespace

const ConfigSection& servers_section() {
  static const ConfigSection section{.path = "servers.X",
                                     .needed_by = users,
                                     .keys = server_keys(),
                                     .finish = finish,
                                     .summary_line = SummaryLine::servers,
                                     .summary = summary};
  return section;
}

const ConfigSection& defaults_section() {
  static const ConfigSection section{.path = "defaults", .needed_by = users};
  return section;
}

}  // namespace stalewatch
