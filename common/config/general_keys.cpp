// All keys that are not one server's.

#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/values.hpp"

namespace stalewatch {
namespace {

using enum ConfigType;
using C = Config;

const std::vector<ConfigKey>& script_keys() {
  using D = DatabaseDraft;
  using R = RocketchatConfig;
  static const std::vector<ConfigKey> keys = {
      {.path = "main.checkup_interval",
       .type = duration,
       .bare_unit = "s",
       .initial = "60s",
       .min = 10 * us_per_ms,
       .max = 7 * us_per_day,
       .meaning = "time from one probe to the next, for servers without an interval of their own",
       .example = "30s",
       .set = set_config<&C::checkup_interval>},
      {.path = "credentials.DB.engine",
       .type = text,
       .initial = "(required, or url)",
       .meaning = "`sqlite`, `mysql`, `mariadb` or `postgresql`; SQLAlchemy's spellings "
                  "(`mysql+mysqlconnector`, "
                  "`postgresql+psycopg2`, `postgres`) are read too",
       .example = "mysql+mysqlconnector",
       .check = check_engine,
       .set = set_database<&D::engine>},
      {.path = "credentials.DB.url",
       .type = secret,
       .initial = "(none)",
       .meaning = "engine, user, password, address and name in one, as SQLAlchemy writes it; "
                  "instead of these",
       .example = "postgresql://user:password@127.0.0.1:5432/stalewatch",
       .set = set_database<&D::url>},
      {.path = "credentials.DB.address",
       .type = text,
       .old_spelling = "adress",
       .initial = "(required, or host or socket)",
       .meaning = "host and port, or only the host",
       .example = "127.0.0.1:3306",
       .check = check_not_empty,
       .set = set_database<&D::address>},
      {.path = "credentials.DB.host",
       .type = text,
       .initial = "(see address)",
       .meaning = "the host alone, instead of address",
       .example = "db.example",
       .check = check_not_empty,
       .set = set_database<&D::host>},
      {.path = "credentials.DB.port",
       .type = number,
       .initial = "(the engine's usual one)",
       .min = 1,
       .max = 65535,
       .meaning = "the port, beside host",
       .example = "3307",
       .set = set_database<&D::port>},
      {.path = "credentials.DB.socket",
       .type = path,
       .initial = "(none)",
       .meaning = "a unix socket instead of an address",
       .example = "/run/mysqld/mysqld.sock",
       .check = check_not_empty,
       .set = set_database<&D::socket>},
      {.path = "credentials.DB.username",
       .type = text,
       .initial = "(required, but not by SQLite)",
       .meaning = "user of the database",
       .example = "stalewatch",
       .check = check_not_empty,
       .set = set_database<&D::username>},
      {.path = "credentials.DB.password",
       .type = secret,
       .initial = "(none)",
       .meaning = "password of the user",
       .example = "\"${DB_PASSWORD:-none}\"",
       .set = set_database<&D::password>},
      {.path = "credentials.DB.db",
       .type = text,
       .initial = "(required; for SQLite a file in the state directory)",
       .meaning = "name of the database; for SQLite the path of its file",
       .example = "stalewatch",
       .check = check_not_empty,
       .set = set_database<&D::database>},
      {.path = "credentials.DB.table",
       .type = text,
       .initial = "stalewatch_updates",
       .meaning =
           "table of the updates; `<table>_events` and `<table>_readable` are made beside it",
       .example = "example_table",
       .check = check_table,
       .set = set_database<&D::table>},
      {.path = "credentials.ROCKETCHAT.webhook",
       .type = secret,
       .initial = "(required)",
       .meaning = "URL of the incoming webhook",
       .example = "https://chat.example/hooks/ID/TOKEN",
       .check = check_http_url,
       .set = set_rocketchat<&R::webhook>},
      {.path = "credentials.ROCKETCHAT.headers",
       .type = headers,
       .initial = "(none)",
       .meaning =
           "further headers of the request; a value may come from a file: `X-Token_file: PATH`",
       .example = "{content-type: application/json}",
       .check = check_headers,
       .set = set_rocketchat<&R::headers>},
      {.path = "credentials.ROCKETCHAT.channel",
       .type = text,
       .initial = "(the webhook's)",
       .meaning =
           "another channel; the integration must allow it. A channel's # needs quotes in YAML",
       .example = "\"#alerts\"",
       .check = check_not_empty,
       .set = set_rocketchat<&R::channel>},
      {.path = "credentials.ROCKETCHAT.alias",
       .type = text,
       .initial = "(the webhook's)",
       .meaning = "name that the messages come from; its user must be allowed to",
       .example = "stalewatch",
       .check = check_not_empty,
       .set = set_rocketchat<&R::alias>},
      {.path = "credentials.ROCKETCHAT.emoji",
       .type = text,
       .initial = "(the webhook's)",
       .meaning = "picture of the messages",
       .example = "\":hourglass:\"",
       .check = check_not_empty,
       .set = set_rocketchat<&R::emoji>},
      {.path = "credentials.ROCKETCHAT.ca_file",
       .type = path,
       .initial = "(the system's authorities)",
       .meaning =
           "PEM file with the authorities that may have signed the chat server's certificate",
       .example = "/etc/stalewatch/ca.pem",
       .check = check_not_empty,
       .set = set_rocketchat<&R::ca_file>},
      {.path = "credentials.ROCKETCHAT.proxy",
       .type = url,
       .initial = "(none)",
       .meaning = "URL of a proxy, or `environment`",
       .example = "http://proxy.example:3128",
       .check = check_proxy,
       .set = set_rocketchat<&R::proxy>},
  };
  return keys;
}

const std::vector<ConfigKey>& output_keys() {
  using L = LogsConfig;
  using T = TerminalConfig;
  static const std::vector<ConfigKey> keys = {
      {.path = "logs.filename",
       .type = path,
       .initial = "(no log file)",
       .meaning = "file that every event is written to, as a line",
       .example = "runs.log",
       .check = check_not_empty,
       .set = set_in<&C::logs, &L::filename>},
      {.path = "logs.filemode",
       .type = choice,
       .initial = "a",
       .choices = "a|w",
       .meaning = "`a`: go on at the end; `w`: begin anew at each start",
       .example = "w",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.logs.append = std::get<std::string>(value) == "a";
           }},
      {.path = "logs.level",
       .type = text,
       .initial = "info",
       .meaning = "`trace`, `debug`, `info`, `warning`, `error`, `critical` or `off`, of the log "
                  "file and of the processes' own "
                  "logs; Python's `logging.INFO` is read too",
       .example = "logging.DEBUG",
       .check = check_level,
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.logs.level = *parse_level(std::get<std::string>(value));
           }},
      {.path = "logs.max_size",
       .type = size,
       .initial = "10MiB",
       .min = 1024,
       .max = std::int64_t{1} << 40,
       .meaning = "a longer file is put aside as `runs.1.log` and a new one begun",
       .example = "100MiB",
       .set = set_in<&C::logs, &L::max_size>},
      {.path = "logs.max_files",
       .type = number,
       .initial = "5",
       .min = 1,
       .max = 1000,
       .meaning = "so many files put aside are kept",
       .example = "20",
       .set = set_in<&C::logs, &L::max_files>},
      {.path = "logs.format",
       .type = choice,
       .initial = "text",
       .choices = "text|json",
       .meaning = "`json`: one JSON object a line",
       .example = "json",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.logs.json = std::get<std::string>(value) == "json";
           }},
      {.path = "terminal.color",
       .type = choice,
       .initial = "auto",
       .choices = "auto|always|never",
       .meaning = "`auto`: on a terminal, unless NO_COLOR is set",
       .example = "never",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             const auto& word = std::get<std::string>(value);
             draft.config.terminal.color = word == "always"  ? T::Color::always
                                           : word == "never" ? T::Color::never
                                                             : T::Color::automatic;
           }},
      {.path = "terminal.format",
       .type = choice,
       .initial = "text",
       .choices = "text|json",
       .meaning = "`json`: one JSON object a line",
       .example = "json",
       .set =
           [](ConfigDraft& draft, const ConfigValue& value) {
             draft.config.terminal.json = std::get<std::string>(value) == "json";
           }},
  };
  return keys;
}

const std::vector<ConfigKey>& system_keys() {
  using T = TransportConfig;
  using P = ProberConfig;
  constexpr std::int64_t max_parallel = 100'000;
  static const std::vector<ConfigKey> keys = {
      {.path = "transport.samples",
       .type = text,
       .initial = "tcp://127.0.0.1:5555",
       .meaning = "where samples go from probers to the aggregator, which binds; `tcp://HOST:PORT` "
                  "or `ipc://PATH`",
       .example = "ipc:///run/stalewatch/samples",
       .check = check_endpoint,
       .set = set_in<&C::transport, &T::samples>},
      {.path = "transport.control",
       .type = text,
       .initial = "tcp://127.0.0.1:5556",
       .meaning = "where targets, replay and commands go, both ways; the aggregator binds",
       .example = "ipc:///run/stalewatch/control",
       .check = check_endpoint,
       .set = set_in<&C::transport, &T::control>},
      {.path = "transport.events",
       .type = text,
       .initial = "tcp://127.0.0.1:5557",
       .meaning = "where events go from the aggregator, which binds, to all who listen",
       .example = "ipc:///run/stalewatch/events",
       .check = check_endpoint,
       .set = set_in<&C::transport, &T::events>},
      {.path = "transport.insecure",
       .type = boolean,
       .initial = "false",
       .meaning = "true: `tcp://` beyond this host is allowed although it is neither encrypted nor "
                  "checked who speaks",
       .example = "true",
       .set = set_in<&C::transport, &T::insecure>},
      {.path = "transport.lease",
       .type = duration,
       .initial = "5s",
       .min = 100 * us_per_ms,
       .max = us_per_hour,
       .meaning = "a prober not heard of for so long is lost",
       .example = "10s",
       .set = set_in<&C::transport, &T::lease>},
      {.path = "prober.name",
       .type = text,
       .initial = "(the host's name)",
       .meaning = "what the prober is called in messages",
       .example = "berlin-1",
       .check = check_name,
       .set = set_in<&C::prober, &P::name>},
      {.path = "prober.zone",
       .type = text,
       .initial = "(none)",
       .meaning = "where the prober stands; shown beside its name",
       .example = "berlin",
       .check = check_name,
       .set = set_in<&C::prober, &P::zone>},
      {.path = "prober.max_connections",
       .type = number,
       .initial = "1000",
       .min = 0,
       .max = max_parallel,
       .meaning = "connections kept open between probes",
       .example = "4000",
       .set = set_in<&C::prober, &P::max_connections>},
      {.path = "prober.max_in_flight",
       .type = number,
       .initial = "1000",
       .min = 1,
       .max = max_parallel,
       .meaning = "probes at the same time",
       .example = "200",
       .set = set_in<&C::prober, &P::max_in_flight>},
      {.path = "prober.ring",
       .type = number,
       .initial = "100000",
       .min = 10,
       .max = 10'000'000,
       .meaning = "samples that tell something new, kept until the aggregator has them on disk; "
                  "some 200 bytes each",
       .example = "1000000",
       .set = set_in<&C::prober, &P::ring>},
      {.path = "journal.path",
       .type = path,
       .initial = "(journal.sqlite in the state directory)",
       .meaning = "file of the aggregator's journal; on a local disk",
       .example = "/srv/stalewatch/journal.sqlite",
       .check = check_not_empty,
       .set = set_config<&C::journal_path>},
      {.path = "notifier.state",
       .type = path,
       .initial = "(notifier.sqlite in the state directory)",
       .meaning = "file of what the notifier has delivered and still owes",
       .example = "/srv/stalewatch/notifier.sqlite",
       .check = check_not_empty,
       .set = set_config<&C::notifier_state>},
      {.path = "notifier.give_up_after",
       .type = duration,
       .initial = "24h",
       .min = us_per_second,
       .max = 365 * us_per_day,
       .meaning = "a message that could not be delivered for so long is given up, loudly",
       .example = "6h",
       .set = set_config<&C::give_up_after>},
      {.path = "notifier.heartbeat_url",
       .type = secret,
       .initial = "(none)",
       .meaning = "asked by GET while the whole chain moves: for a service outside that raises the "
                  "alarm when these calls stop",
       .example = "https://hc.example/ping/TOKEN",
       .check = check_http_url,
       .set = set_config<&C::heartbeat_url>},
      {.path = "notifier.heartbeat_interval",
       .type = duration,
       .initial = "60s",
       .min = us_per_second,
       .max = us_per_day,
       .meaning = "time between two of these calls",
       .example = "5m",
       .set = set_config<&C::heartbeat_interval>},
  };
  return keys;
}

}  // namespace

const std::vector<ConfigKey>& general_keys() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> all;
    for (const auto* part : {&script_keys(), &output_keys(), &system_keys(), &journal_keys()})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  }();
  return keys;
}

}  // namespace stalewatch
