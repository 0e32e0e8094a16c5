#include "recorder/sql_session.hpp"

#include "common/base/text.hpp"
#include "common/process/private_files.hpp"
#include "recorder/connect_string.hpp"
#include "recorder/sql_errors.hpp"
#include "recorder/sql_postgresql.hpp"
#include "recorder/sql_statement.hpp"
#include "recorder/trouble.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>
#include <limits>
#include <map>
#include <utility>

namespace stalewatch::recorder {
namespace {

MYSQL* connection_of(soci::session& session) {
  return static_cast<soci::mysql_session_backend*>(session.get_backend())->conn_;
}

sqlite_api::sqlite3* file_of(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

/// By the client library, so that it escapes texts for the character set which the server reads
/// them in. The one that was asked for when connecting need not be it: a server may overrule that
/// (skip-character-set-client-handshake, init_connect).
void set_mysql_character_set(soci::session& session) {
  MYSQL* const connection = connection_of(session);
  if (mysql_set_character_set(connection, "utf8mb4") != 0)
    throw soci::mysql_soci_error(mysql_error(connection),
                                 static_cast<int>(mysql_errno(connection)));
}

/// The client library of another version might not keep to what it is told.
void check_mysql_tls(soci::session& session, const DatabaseConfig& config) {
  if (config.tls.is_required() && mysql_get_ssl_cipher(connection_of(session)) == nullptr)
    throw NotSetUp("the session is not encrypted although credentials.DB.tls asks for it.");
}

/// SOCI's error has no state: who was refused is asked for one by a connection without SOCI. That
/// tries the password again, which counts where a server locks accounts: the next attempt begins
/// with it.
std::unique_ptr<soci::session> connect_postgresql(const std::string& parameters, bool& is_refused) {
  if (std::exchange(is_refused, false))
    if (const auto refusal = ask_for_refusal(parameters); is_of_account(refusal.state)) {
      is_refused = true;
      throw soci::postgresql_soci_error(refusal.message, refusal.state.c_str());
    }
  try {
    return std::make_unique<soci::session>(backend_of(Engine::postgresql), parameters);
  } catch (const soci::soci_error& e) {
    std::string state = state_by_words(e.get_error_message());
    if (state.empty()) state = ask_for_refusal(parameters).state;
    if (state.empty()) throw;
    is_refused = is_of_account(state);
    throw soci::postgresql_soci_error(e.get_error_message(), state.c_str());
  }
}

std::unique_ptr<soci::session> connect(const DatabaseConfig& config, bool& is_refused) {
  const std::string parameters = connect_string(config);
  if (config.engine == Engine::postgresql) return connect_postgresql(parameters, is_refused);
  return std::make_unique<soci::session>(backend_of(config.engine), parameters);
}

}  // namespace

std::unique_ptr<soci::session> open_session(const DatabaseConfig& config, bool& is_refused) {
  if (config.engine == Engine::sqlite) {
    const auto directory = std::filesystem::path(config.database).parent_path();
    if (const auto error = make_folders(directory))
      throw std::filesystem::filesystem_error("its folder", directory, error);
    if (is_private_folder(directory)) make_private_file(config.database);
  }
  auto session = connect(config, is_refused);
  if (config.engine == Engine::postgresql) name_origin_of_errors(*session);
  if (config.engine == Engine::sqlite)
    sqlite_api::sqlite3_extended_result_codes(file_of(*session), 1);
  if (is_mysql(config.engine)) {
    check_mysql_tls(*session, config);
    set_mysql_character_set(*session);
  }
  for (const std::string& setting : session_settings(config.engine)) *session << setting;
  return session;
}

void check_session(soci::session& session, Engine engine) {
  std::map<std::string, std::string> found;
  std::string name, value;
  auto select =
      nameless(session, select_session_values(engine), soci::into(name), soci::into(value));
  for (select.execute(); select.fetch();) found[name] = value;
  for (const SessionValue& wanted : session_values(engine)) {
    const auto at = found.find(wanted.name);
    if (!found.empty() && (at == found.end() || at->second == wanted.value)) continue;
    throw NotSetUp(std::string("the session's ") + wanted.name + " is " +
                   (found.empty() ? "not known" : escape_untrusted(at->second, 64)) +
                   " although it was set to " + wanted.value +
                   ": something between here and the server does not pass it on. Name the server "
                   "itself, or a pooler as docs/databases.md says.");
  }
}

std::size_t longest_statement(soci::session& session, Engine engine) {
  if (!is_mysql(engine)) return std::numeric_limits<std::size_t>::max();
  long long bytes = 0;
  session << "SELECT @@max_allowed_packet", soci::into(bytes);
  return static_cast<std::size_t>(bytes);
}

}  // namespace stalewatch::recorder
