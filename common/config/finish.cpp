#include "common/config/finish.hpp"

#include "common/base/text.hpp"
#include "common/config/database.hpp"
#include "common/config/values.hpp"

#include <algorithm>
#include <unordered_map>

namespace stalewatch {
namespace {

std::uint64_t bit_of(std::string_view name) {
  constexpr std::size_t prefix = std::string_view("servers.X.").size();
  const auto& keys = server_keys();
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
  const std::size_t begin = server.address.find("://") + 3;
  const std::size_t at =
      server.address.substr(0, server.address.find_first_of("/?#", begin)).rfind('@');
  if (at == std::string::npos) return;
  std::string user = server.address.substr(begin, at - begin);
  server.address.erase(begin, at + 1 - begin);
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

void finish_servers(ConfigWalk& walk) {
  auto& servers = walk.draft.config.servers;
  if (servers.empty() && walk.is_for(ConfigUser::aggregator | ConfigUser::standalone_prober) &&
      !walk.servers_wrong) {
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
    if ((record.set & address) == 0 && !record.wrong && !walk.incomplete["servers."])
      walk.error(record.mark, path_of(server, "address"),
                 "is missing; write the URL to ask, like http://HOST/PATH");
    if ((record.set & address) != 0) take_user_from_address(walk, server, record);
    finish_times(walk, server, record);
    finish_tls(walk, server, record);
  }
}

YamlMark mark_or_section(const ConfigWalk& walk, const std::string& section,
                         const std::string& key) {
  if (const auto found = walk.marks.find(section + "." + key); found != walk.marks.end())
    return found->second;
  const auto found = walk.marks.find(section);
  return found == walk.marks.end() ? YamlMark{} : found->second;
}

/// SQLite is a file: it has no address and nobody to log in.
void warn_of_ignored(ConfigWalk& walk) {
  for (const std::string key : {"address", "host", "port", "socket", "username", "password"}) {
    const std::string path = "credentials.DB." + key;
    if (const auto found = walk.marks.find(path); found != walk.marks.end())
      walk.warn(found->second, path, "is ignored: SQLite has no use for it");
  }
}

void finish_database(ConfigWalk& walk, const std::string& sqlite_file) {
  Config& config = walk.draft.config;
  config.database.database = sqlite_file;
  config.database_configured = walk.marks.count("credentials.DB") != 0;
  if (!config.database_configured) return;
  auto database = database_from(walk.draft.database, sqlite_file);
  if (database) {
    config.database = std::move(*database);
    if (config.database.engine == DatabaseConfig::Engine::sqlite) warn_of_ignored(walk);
    return;
  }
  // what is missing may be missing only here, or have its own error already
  if (walk.incomplete["credentials.DB."]) return;
  const bool told = std::any_of(walk.errors.begin(), walk.errors.end(), [](const ConfigError& e) {
    return e.path.rfind("credentials.DB.", 0) == 0;
  });
  if (told) return;
  const std::string& message = database.error();
  const std::size_t colon = message.find(": ");
  const std::string key = message.substr(0, colon);
  walk.error(mark_or_section(walk, "credentials.DB", key), "credentials.DB." + key,
             message.substr(colon + 2));
}

void finish_rocketchat(ConfigWalk& walk) {
  const std::string section = "credentials.ROCKETCHAT";
  if (walk.marks.count(section) == 0) return;
  auto& chat = walk.draft.rocketchat;
  const bool told = std::any_of(walk.errors.begin(), walk.errors.end(), [&](const ConfigError& e) {
    return e.path.rfind(section + ".webhook", 0) == 0;
  });
  if (chat.webhook.empty() && !told && !walk.incomplete[section + "."])
    walk.error(walk.marks.at(section), section + ".webhook",
               "is missing; write the URL of the incoming webhook");
  walk.draft.config.rocketchat = std::move(chat);
  const auto& servers = walk.draft.config.servers;
  const bool silent =
      !servers.empty() && std::none_of(servers.begin(), servers.end(),
                                       [](const ServerConfig& s) { return s.notification; });
  if (silent)
    walk.warn(walk.marks.at(section), section,
              "no server has notification on: it gets only messages about stalewatch itself");
}

/// Whether only this host can reach it.
bool is_local(const std::string& endpoint) {
  constexpr std::string_view local[] = {"ipc://", "tcp://127.", "tcp://localhost:", "tcp://[::1]:"};
  return std::any_of(std::begin(local), std::end(local),
                     [&](auto prefix) { return endpoint.rfind(prefix, 0) == 0; });
}

void finish_transport(ConfigWalk& walk) {
  const TransportConfig& transport = walk.draft.config.transport;
  const std::pair<std::string, const std::string*> sockets[] = {{"samples", &transport.samples},
                                                                {"control", &transport.control},
                                                                {"events", &transport.events}};
  for (const auto& [name, endpoint] : sockets) {
    const YamlMark mark = mark_or_section(walk, "transport", name);
    if (!is_local(*endpoint) && !transport.insecure)
      walk.error(mark, "transport." + name,
                 "can be reached from other hosts, and nothing is encrypted or checked there; "
                 "where the network is "
                 "private add below \"transport:\" the line \"insecure: true\", else write "
                 "tcp://127.0.0.1:PORT");
    for (const auto& [other, same] : sockets) {
      if (other >= name || *same != *endpoint) continue;
      walk.error(mark, "transport." + name, "is the same as transport." + other);
    }
  }
}

void finish_paths(Config& config, const std::string& state_directory) {
  if (config.journal_path.empty()) config.journal_path = state_directory + "/journal.sqlite";
  if (config.notifier_state.empty()) config.notifier_state = state_directory + "/notifier.sqlite";
}

}  // namespace

void finish_config(ConfigWalk& walk, const std::string& state_directory) {
  finish_servers(walk);
  finish_database(walk, state_directory + "/rows.sqlite");
  finish_rocketchat(walk);
  finish_transport(walk);
  finish_paths(walk.draft.config, state_directory);
}

}  // namespace stalewatch
