#include "common/base/text.hpp"
#include "common/config/database.hpp"
#include "common/config/reader.hpp"

#include <algorithm>

namespace stalewatch {
namespace {

/// More would only scroll away what matters.
constexpr std::size_t max_servers_shown = 50;

std::string server_line(const ServerConfig& server) {
  std::string line = "  " + escape_untrusted(server.name) + "  " +
                     address_for_people(server.address) + "  every " +
                     format_duration_exact(server.interval) + ", stale after " +
                     format_duration_exact(server.threshold) + ", " +
                     (server.msg_interval == Duration{}
                          ? "no reminders"
                          : "reminders every " + format_duration_exact(server.msg_interval));
  if (!server.notification) line += ", not to Rocket.Chat";
  if (!server.db_save) line += ", no rows";
  return line + "\n";
}

std::string database_line(const Config& config) {
  const DatabaseConfig& database = config.database;
  if (database.engine == DatabaseConfig::Engine::sqlite)
    return "SQLite file " + escape_untrusted(database.database) + ", table " + database.table +
           (config.database_configured ? "" : " (no credentials.DB: the embedded default)");
  const std::string where =
      !database.socket.empty()
          ? database.socket
          : database.host + (database.port == 0 ? "" : ":" + std::to_string(database.port));
  return std::string(name_of(database.engine)) + " at " + escape_untrusted(where) + ", database " +
         escape_untrusted(database.database) + ", table " + database.table + ", user " +
         escape_untrusted(database.username) +
         (database.password.empty() ? ", no password" : ", password ***");
}

std::string rocketchat_line(const Config& config) {
  if (!config.rocketchat) return "no Rocket.Chat (no credentials.ROCKETCHAT)";
  const std::string& url = config.rocketchat->webhook.reveal();
  const std::size_t begin = std::min(url.find("://"), url.size() - 3) + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.rfind('@', end);
  const std::size_t host = at == std::string::npos || at < begin ? begin : at + 1;
  std::string line =
      "Rocket.Chat at " + escape_untrusted(url.substr(host, end - host)) + " (webhook ***)";
  if (!config.rocketchat->channel.empty())
    line += ", channel " + escape_untrusted(config.rocketchat->channel);
  return line;
}

std::string log_line(const LogsConfig& logs) {
  if (logs.filename.empty()) return "no log file";
  return "log file " + escape_untrusted(logs.filename) + (logs.json ? " (JSON)" : "") + ", level " +
         logs.level;
}

}  // namespace

std::string summarize(const Config& config) {
  std::string text = escape_untrusted(config.file) + ": good\n" +
                     std::to_string(config.servers.size()) +
                     (config.servers.size() == 1 ? " server\n" : " servers\n");
  const std::size_t shown = std::min(config.servers.size(), max_servers_shown);
  for (std::size_t i = 0; i < shown; ++i) text += server_line(config.servers[i]);
  if (config.servers.size() > shown)
    text += "  and " + std::to_string(config.servers.size() - shown) + " more\n";
  text += "tells       terminal; " + log_line(config.logs) + "; " + rocketchat_line(config) + "\n";
  text += "rows        " + database_line(config) + "\n";
  text += "sockets     samples " + config.transport.samples + ", control " +
          config.transport.control + ", events " + config.transport.events +
          (config.transport.insecure ? " (not encrypted)" : "") + "\n";
  text += "journal     " + escape_untrusted(config.journal_path) + "\n";
  text += "notifier    " + escape_untrusted(config.notifier_state) + "\n";
  for (const auto& warning : config.warnings) text += "warning     " + warning + "\n";
  return text;
}

}  // namespace stalewatch
