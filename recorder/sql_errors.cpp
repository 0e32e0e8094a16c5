#include "recorder/sql_errors.hpp"

#include "recorder/trouble.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace stalewatch::recorder {

Trouble trouble_of(Engine engine, const soci::soci_error& error) {
  if (const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&error))
    return trouble_of_mysql(mysql->err_num_);
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error))
    return trouble_of_sqlite(sqlite->result());
  if (const auto* postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error))
    return trouble_of_postgresql(postgresql->sqlstate(), error.get_error_message());
  if (engine == Engine::postgresql) return trouble_of_postgresql({}, error.get_error_message());
  return Trouble::connection;
}

bool is_duplicate_of_mysql(const soci::soci_error& error) {
  const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&error);
  return mysql != nullptr && (mysql->err_num_ == 1062 || mysql->err_num_ == 1586);
}

bool is_too_long_for_an_index(const soci::soci_error& error) {
  const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&error);
  return mysql != nullptr && (mysql->err_num_ == 1071 || mysql->err_num_ == 1709);
}

std::string code_of(const soci::soci_error& error) {
  if (const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&error))
    return std::to_string(mysql->err_num_);
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error))
    return std::to_string(sqlite->result());
  if (const auto* postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error))
    return postgresql->sqlstate();
  return "none";
}

std::string message_of(const soci::soci_error& error) {
  if (dynamic_cast<const soci::postgresql_soci_error*>(&error))
    return for_people_of_postgresql(error.get_error_message());
  return error.get_error_message();
}

}  // namespace stalewatch::recorder
