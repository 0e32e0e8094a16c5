#include "recorder/trouble.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace stalewatch::recorder {
namespace {

/// Of what a server says. libpq tells of a name's addresses one after the other: that of the last
/// one, which answered, is the end.
constexpr std::size_t longest_told = 1'000;

template <typename T>
bool any_of(T value, std::initializer_list<T> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// By the function that raised the error, which libpq puts behind all that may quote a row.
bool is_of_partitions(const std::string& message) {
  const std::string_view origin =
      std::string_view(message).substr(std::min(message.rfind("\nLOCATION:"), message.size()));
  return origin.find("ExecFindPartition") != origin.npos ||
         origin.find("ExecPartitionCheckEmitError") != origin.npos;
}

}  // namespace

const char* name_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::connection:
      return "connection";
    case Trouble::refused:
      return "refused";
    case Trouble::configuration:
      return "configuration";
    case Trouble::data:
      return "data";
  }
  return "";
}

Trouble trouble_of_mysql(unsigned code) {
  // server gone, lost or shutting down, unknown host, network errors
  if (any_of<unsigned>(code, {2002, 2003, 2005, 2006, 2012, 2013, 2055, 1927, 1053, 1317, 3169}) ||
      (code >= 1158 && code <= 1161))
    return Trouble::connection;
  // access denied, no such database or table or column, rights, syntax, authentication plugins,
  // expired passwords, TLS
  if (any_of<unsigned>(code, {1044, 1045, 1049, 1054, 1064, 1130, 1142, 1143, 1146, 1227,
                              1251, 1370, 1698, 1820, 1862, 2026, 2054, 2059, 2061, 3159}))
    return Trouble::configuration;
  // What somebody made of the tables: a column that was added or made NOT NULL, no partition for a
  // row, a view in a table's place; a trigger or view that names what is not there, or an account
  // that is gone, or does what no trigger may. No storage engine, character set or collation of
  // that name: the server is not one for our tables.
  if (any_of<unsigned>(code, {1048, 1109, 1115, 1136, 1235, 1273, 1286, 1288, 1305, 1347, 1348,
                              1356, 1364, 1394, 1415, 1422, 1442, 1443, 1449, 1471, 1526, 1748}))
    return Trouble::configuration;
  // out of range, wrong or truncated value, too long, constraints, a trigger's SIGNAL, a packet or
  // row too large, no JSON
  if (any_of<unsigned>(code, {1062, 1118, 1153, 1216, 1264, 1265, 1292, 1366, 1367, 1406, 1411,
                              1451, 1452, 1586, 1644, 1690, 3140, 3819, 4025}))
    return Trouble::data;
  return Trouble::refused;
}

Trouble trouble_of_sqlite(int code) {
  constexpr int error = 1, perm = 3, readonly = 8, corrupt = 11, cantopen = 14, toobig = 18,
                constraint = 19, mismatch = 20, auth = 23, notadb = 26,
                constraint_notnull = constraint | (5 << 8);
  if (code == constraint_notnull) return Trouble::configuration;  // a column that somebody added
  const int primary = code & 0xff;  // extended codes carry details in the higher bits
  if (any_of(primary, {toobig, constraint, mismatch})) return Trouble::data;
  if (any_of(primary, {error, perm, readonly, corrupt, cantopen, auth, notadb}))
    return Trouble::configuration;
  return Trouble::refused;  // busy, locked, full, out of memory, input/output
}

Trouble trouble_of_postgresql(const std::string& sqlstate, const std::string& message) {
  const std::string group = sqlstate.substr(0, 2);
  const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
  // libpq has no state of its own for these, and PgBouncer gives everything that of the protocol.
  if (group.empty() || group == "  " || sqlstate == "08P01") {
    if (says("authentication failed") || says("does not exist") || says("pg_hba.conf") ||
        says("no such ") || says("no password supplied") || says("permission denied for") ||
        says("certificate") || says("SSL was required") || says("SSL required") ||
        says("private key"))
      return Trouble::configuration;
    if (says("too many") || says("no more connections")) return Trouble::refused;
    return Trouble::connection;
  }
  if (group == "08" || any_of<std::string>(sqlstate, {"57P01", "57P02", "57P03", "25P03"}))
    return Trouble::connection;
  if (any_of<std::string>(group, {"28", "3D", "3F", "42", "0A"})) return Trouble::configuration;
  // A column that somebody added or made NOT NULL; no partition for a row, or not this one, which
  // have the state of a violated CHECK.
  if (sqlstate == "23502" || (sqlstate == "23514" && is_of_partitions(message)))
    return Trouble::configuration;
  // Values, constraints, what triggers raise, limits such as that of an index's row.
  if (any_of<std::string>(group, {"09", "21", "22", "23", "27", "38", "39", "44", "54", "P0"}))
    return Trouble::data;
  // Deadlock, serialization, locks, resources, disk full, read-only, cancelled.
  return Trouble::refused;
}

std::string state_in_postgresql(const std::string& message) {
  constexpr std::size_t length = 5;  // as in "FATAL:  28P01: ..."
  for (std::size_t at = message.rfind("  "); at != std::string::npos && at > 0;
       at = message.rfind("  ", at - 1)) {
    const std::string state = message.substr(at + 2, length);
    const bool is_one = std::all_of(state.begin(), state.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    });
    if (is_one && message.compare(at + 2 + state.size(), 2, ": ") == 0 && state.size() == length)
      return state;
  }
  return {};
}

std::string state_by_words(const std::string& message) {
  return message.find("password authentication failed for user") != std::string::npos ? "28P01"
                                                                                      : "";
}

bool is_of_account(const std::string& state) { return state.compare(0, 2, "28") == 0; }

std::string quotable(std::string message, const std::string& password) {
  constexpr std::string_view hidden = "***";
  for (std::size_t at = 0;
       !password.empty() && (at = message.find(password, at)) != std::string::npos;
       at += hidden.size())
    message.replace(at, password.size(), hidden);
  for (const char c : {'\n', '\t'}) std::replace(message.begin(), message.end(), c, ' ');
  std::replace(message.begin(), message.end(), '"', '\'');
  return escape_untrusted(message, longest_told);
}

std::string for_people_of_postgresql(const std::string& message) {
  std::size_t end = message.size();
  for (const char* field : {"SCHEMA NAME:", "TABLE NAME:", "COLUMN NAME:", "DATATYPE NAME:",
                            "CONSTRAINT NAME:", "LOCATION:"})
    end = std::min(end, message.find(std::string("\n") + field));
  return message.substr(0, end);
}

}  // namespace stalewatch::recorder
