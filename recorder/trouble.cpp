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
  // expired passwords
  if (any_of<unsigned>(code, {1044, 1045, 1049, 1054, 1064, 1130, 1142, 1143, 1146, 1227,
                              1251, 1356, 1364, 1370, 1698, 1820, 1862, 2054, 2059, 2061}))
    return Trouble::configuration;
  // null, out of range, wrong or truncated value, too long, constraints, a packet too large
  if (any_of<unsigned>(code, {1048, 1062, 1153, 1264, 1265, 1292, 1366, 1367, 1406, 1411, 1451,
                              1452, 3819, 4025}))
    return Trouble::data;
  return Trouble::refused;
}

Trouble trouble_of_sqlite(int code) {
  constexpr int error = 1, perm = 3, readonly = 8, corrupt = 11, cantopen = 14, toobig = 18,
                constraint = 19, mismatch = 20, auth = 23, notadb = 26;
  const int primary = code & 0xff;  // extended codes carry details in the higher bits
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
        says("no password supplied") || says("permission denied for"))
      return Trouble::configuration;
    if (says("too many") || says("remaining connection slots")) return Trouble::refused;
    return Trouble::connection;
  }
  if (group == "08" || any_of<std::string>(sqlstate, {"57P01", "57P02", "57P03", "25P03"}))
    return Trouble::connection;
  if (any_of<std::string>(group, {"28", "3D", "3F", "42", "0A"})) return Trouble::configuration;
  if (any_of<std::string>(group, {"22", "23"})) return Trouble::data;
  // Deadlock, serialization, locks, resources, disk full, read-only, cancelled.
  return Trouble::refused;
}

}  // namespace stalewatch::recorder
