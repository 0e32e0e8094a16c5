// The keys of one server; the same under `defaults:` (but for address and name).

#include "common/config/json_path.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/times/computed_time.hpp"

#include <exception>

namespace stalewatch {
namespace {

std::string check_reminders(const ConfigValue& value) {
  constexpr Duration least = std::chrono::milliseconds(10);  // more often nobody could read
  const auto interval = std::get<Duration>(value);
  return interval != Duration{} && interval < least ? "must be 0 for no reminders, or at least 10ms"
                                                    : "";
}

std::string check_time_field(const ConfigValue& value) {
  const std::string& field = text_of(value);
  if (field.empty())
    return "is empty; write a path like computed_time, data.lastTime or /items/0/mtime";
  const auto path = plain_json_path(field);
  return path ? "" : path.error();
}

std::string check_time_format(const ConfigValue& value) {
  try {
    TimeFormat(text_of(value), "UTC");
    return "";
  } catch (const std::exception&) {
    return "is neither " + TimeFormat::names() + " nor a strptime pattern";
  }
}

std::string check_timezone(const ConfigValue& value) {
  try {
    TimeFormat("auto", text_of(value));
    return "";
  } catch (const std::exception&) {
    return "is no time zone that this machine knows; write an IANA name like Europe/Prague";
  }
}

std::string check_basic_auth(const ConfigValue& value) {
  const std::size_t colon = text_of(value).find(':');
  return colon == std::string::npos || colon == 0 ? "must be \"user:password\"" : "";
}

}  // namespace

std::span<const ConfigKey> server_keys() {
  using enum ConfigType;
  using S = ServerConfig;
  constexpr std::int64_t max_threshold = 3650 * us_per_day;
  constexpr std::int64_t max_count = 1000;
  static const std::string time_format_meaning =
      "how the time is written: " + TimeFormat::names("`") + " or a strptime pattern";
  static const ConfigKey keys[] = {
      {.path = "servers.X.address",
       .type = url,
       .old_spelling = "adress",
       .initial = "(required)",
       .meaning = "URL that is asked by GET. A user and password in it are sent as basic_auth and "
                  "never shown",
       .example = "http://127.0.0.1:5000/version",
       .check = check_http_url,
       .set = set_server<&S::address>},
      {.path = "servers.X.name",
       .type = text,
       .initial = "(the key)",
       .meaning = "what people see in messages; each name once",
       .example = "Orders (production)",
       .check = check_name,
       .set = set_server<&S::name>},
      {.path = "servers.X.notification_threshold",
       .type = duration,
       .old_spelling = "notification_treshold",
       .bare_unit = "m",
       .initial = "15m",
       .min = us_per_ms,
       .max = max_threshold,
       .meaning = "the data is stale when it is older than this",
       .example = "2h",
       .set = set_server<&S::threshold>},
      {.path = "servers.X.msg_interval",
       .type = duration,
       .bare_unit = "m",
       .initial = "5m",
       .min = 0,
       .max = max_threshold,
       .meaning = "time between reminders of a problem that stays; 0: no reminders",
       .example = "30m",
       .check = check_reminders,
       .set = set_server<&S::msg_interval>},
      {.path = "servers.X.interval",
       .type = duration,
       .initial = "(main.checkup_interval)",
       .min = 10 * us_per_ms,
       .max = 7 * us_per_day,
       .meaning = "time from one probe to the next",
       .example = "30s",
       .set = set_server<&S::interval>},
      {.path = "servers.X.timeout",
       .type = duration,
       .initial = "(10s, or the interval if shorter)",
       .min = us_per_ms,
       .max = us_per_hour,
       .meaning = "a probe that takes longer has failed; at most the interval",
       .example = "5s",
       .set = set_server<&S::timeout>},
      {.path = "servers.X.time_field",
       .type = text,
       .initial = "computed_time",
       .meaning = "where the time stands in the JSON answer: a dotted path (`data.lastTime`, "
                  "`items.0.mtime`, `items.-1.mtime`), a JSON Pointer (`/items/0/mtime`), JSONPath "
                  "(`$.items[0].mtime`) or jq (`.items[0].mtime`)",
       .example = "data.lastTime",
       .check = check_time_field,
       .set = set_server<&S::time_field>},
      {.path = "servers.X.time_format",
       .type = text,
       .initial = "auto",
       .meaning = time_format_meaning,
       .example = "\"%d.%m.%Y %H:%M:%S\"",
       .check = check_time_format,
       .set = set_server<&S::time_format>},
      {.path = "servers.X.timezone",
       .type = text,
       .initial = "UTC",
       .meaning = "IANA name of the zone that times without an offset are in",
       .example = "Europe/Prague",
       .check = check_timezone,
       .set = set_server<&S::timezone>},
      {.path = "servers.X.clock",
       .type = choice,
       .initial = "local",
       .choices = "local|server",
       .meaning = "whose clock the age is judged by: ours, or the server's own (its `Date` header)",
       .example = "server",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.server->server_clock = std::get<std::string>(value) == "server";
           }},
      {.path = "servers.X.max_future",
       .type = duration,
       .initial = "1m",
       .min = 0,
       .max = us_per_day,
       .meaning = "a time further ahead than this is a failed answer",
       .example = "10s",
       .set = set_server<&S::max_future>},
      {.path = "servers.X.max_clock_offset",
       .type = duration,
       .initial = "30s",
       .min = us_per_ms,
       .max = 365 * us_per_day,
       .meaning = "a server's clock that differs by more than this is told (`clock_off`)",
       .example = "2m",
       .set = set_server<&S::max_clock_offset>},
      {.path = "servers.X.went_back_after",
       .type = number,
       .initial = "3",
       .min = 1,
       .max = max_count,
       .meaning = "after so many older answers in a row the older time is the valid one",
       .example = "5",
       .set = set_server<&S::went_back_after>},
      {.path = "servers.X.failure_threshold",
       .type = number,
       .initial = "2",
       .min = 1,
       .max = max_count,
       .meaning = "so many failures in a row make the server failing",
       .example = "3",
       .set = set_server<&S::failure_threshold>},
      {.path = "servers.X.recover_after",
       .type = number,
       .initial = "1",
       .min = 1,
       .max = max_count,
       .meaning = "so many good answers in a row end it",
       .example = "2",
       .set = set_server<&S::recover_after>},
      {.path = "servers.X.headers",
       .type = headers,
       .initial = "(none)",
       .meaning = "headers sent with each probe; a value may come from a file: `X-Token_file: "
                  "/run/secrets/token`",
       .example = "{X-Token: \"${TOKEN:-none}\"}",
       .check = check_headers,
       .set = set_server<&S::headers>},
      {.path = "servers.X.basic_auth",
       .type = secret,
       .initial = "(none)",
       .meaning = "`user:password`, sent with each probe",
       .example = "\"monitor:${PASSWORD:-none}\"",
       .check = check_basic_auth,
       .set = set_server<&S::basic_auth>},
      {.path = "servers.X.tls.ca_file",
       .type = path,
       .initial = "(the system's authorities)",
       .meaning = "PEM file with the authorities that may have signed the server's certificate",
       .example = "/etc/stalewatch/ca.pem",
       .check = check_not_empty,
       .set = set_server<&S::ca_file>},
      {.path = "servers.X.tls.cert_file",
       .type = path,
       .initial = "(none)",
       .meaning = "PEM file with our own certificate, for servers that ask for one; needs key_file",
       .example = "/etc/stalewatch/client.pem",
       .check = check_not_empty,
       .set = set_server<&S::cert_file>},
      {.path = "servers.X.tls.key_file",
       .type = path,
       .initial = "(none)",
       .meaning = "PEM file with its key; needs cert_file",
       .example = "/etc/stalewatch/client.key",
       .check = check_not_empty,
       .set = set_server<&S::key_file>},
      {.path = "servers.X.tls.verify",
       .type = boolean,
       .initial = "true",
       .meaning = "false: any certificate will do, also that of an impostor",
       .example = "false",
       .set = set_server<&S::verify>},
      {.path = "servers.X.follow_redirects",
       .type = boolean,
       .initial = "false",
       .meaning = "whether a redirect is followed; otherwise it is a failed answer",
       .example = "true",
       .set = set_server<&S::follow_redirects>},
      {.path = "servers.X.max_body",
       .type = size,
       .initial = "1MiB",
       .min = 1,
       .max = 1 << 30,
       .meaning = "a longer answer has failed; counted after decompression",
       .example = "64KiB",
       .set = set_server<&S::max_body>},
      {.path = "servers.X.proxy",
       .type = url,
       .initial = "(none)",
       .meaning = "URL of a proxy, or `environment` to take http_proxy and its kin; otherwise "
                  "these are ignored",
       .example = "http://proxy.example:3128",
       .check = check_proxy,
       .set = set_server<&S::proxy>},
      {.path = "servers.X.notification",
       .type = boolean,
       .initial = "true",
       .meaning =
           "whether problems of this server go to Rocket.Chat; terminal and log show them always",
       .example = "false",
       .set = set_server<&S::notification>},
      {.path = "servers.X.db_save",
       .type = boolean,
       .initial = "true",
       .meaning = "whether updates and events of this server become rows",
       .example = "false",
       .set = set_server<&S::db_save>},
  };
  return keys;
}

}  // namespace stalewatch
