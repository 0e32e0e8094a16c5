#include "recorder/trouble.hpp"

#include <algorithm>
#include <initializer_list>

namespace stalewatch::recorder {
namespace {

template <typename T>
bool any_of(T value, std::initializer_list<T> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
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
  // expired passwords, TLS; a column that somebody added or made NOT NULL, no partition for a row
  if (any_of<unsigned>(
          code, {1044, 1045, 1048, 1049, 1054, 1064, 1130, 1142, 1143, 1146, 1227, 1251, 1356,
                 1364, 1370, 1526, 1698, 1748, 1820, 1862, 2026, 2054, 2059, 2061, 3159}))
    return Trouble::configuration;
  // out of range, wrong or truncated value, too long, constraints, a trigger's SIGNAL, a packet or
  // row too large, no JSON
  if (any_of<unsigned>(code, {1062, 1118, 1153, 1216, 1264, 1265, 1292, 1366, 1367, 1406, 1411,
                              1451, 1452, 1586, 1644, 1690, 3140, 3819, 4025}))
    return Trouble::data;
  return Trouble::refused;
}

Trouble trouble_of_sqlite(int code, const std::string& message) {
  constexpr int error = 1, perm = 3, readonly = 8, corrupt = 11, cantopen = 14, toobig = 18,
                constraint = 19, mismatch = 20, auth = 23, notadb = 26;
  const int primary = code & 0xff;  // extended codes carry details in the higher bits
  if (primary == constraint && message.find("NOT NULL") != std::string::npos)
    return Trouble::configuration;
  if (any_of(primary, {toobig, constraint, mismatch})) return Trouble::data;
  if (any_of(primary, {error, perm, readonly, corrupt, cantopen, auth, notadb}))
    return Trouble::configuration;
  return Trouble::refused;  // busy, locked, full, out of memory, input/output
}

Trouble trouble_of_postgresql(const std::string& sqlstate, const std::string& message) {
  const std::string group = sqlstate.substr(0, 2);
  if (group.empty() || group == "  ") {
    const auto says = [&](const char* words) { return message.find(words) != std::string::npos; };
    if (says("authentication failed") || says("does not exist") || says("pg_hba.conf") ||
        says("no password supplied") || says("permission denied for") || says("certificate") ||
        says("SSL was required") || says("private key"))
      return Trouble::configuration;
    if (says("too many") || says("remaining connection slots")) return Trouble::refused;
    return Trouble::connection;
  }
  if (group == "08" || any_of<std::string>(sqlstate, {"57P01", "57P02", "57P03", "25P03"}))
    return Trouble::connection;
  if (any_of<std::string>(group, {"28", "3D", "3F", "42", "0A"})) return Trouble::configuration;
  // A column that somebody added or made NOT NULL, and no partition for a row, which has the state
  // of a violated CHECK.
  if (sqlstate == "23502" ||
      (sqlstate == "23514" && message.find("no partition of relation") != std::string::npos))
    return Trouble::configuration;
  // Values, constraints, what triggers raise, limits such as that of an index's row.
  if (any_of<std::string>(group, {"09", "21", "22", "23", "27", "38", "39", "44", "54", "P0"}))
    return Trouble::data;
  // Deadlock, serialization, locks, resources, disk full, read-only, cancelled.
  return Trouble::refused;
}

}  // namespace stalewatch::recorder
