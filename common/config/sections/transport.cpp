// transport: the sockets.

#include "common/base/text.hpp"
#include "common/config/setters.hpp"
#include "common/config/value_checks.hpp"
#include "common/config/walk.hpp"

#include <algorithm>

namespace stalewatch {
namespace {

/// Longest path that a unix socket takes (sun_path).
constexpr std::size_t max_socket_path = 107;

std::string check_endpoint(const ConfigValue& value) {
  const std::string& endpoint = text_of(value);
  constexpr std::string_view wanted =
      "must be like tcp://127.0.0.1:5555 or ipc:///run/stalewatch/samples";
  if (endpoint.rfind("ipc://", 0) == 0) {
    if (endpoint.size() == 6) return std::string(wanted);
    if (endpoint.size() > 6 + max_socket_path)
      return "has a path longer than the " + std::to_string(max_socket_path) +
             " bytes that a unix socket takes";
    return "";
  }
  const std::size_t colon = endpoint.rfind(':');
  if (endpoint.rfind("tcp://", 0) != 0 || colon <= 6) return std::string(wanted);
  if (!is_port(endpoint.substr(colon + 1))) return "has a wrong port; " + std::string(wanted);
  return "";
}

std::span<const ConfigKey> section_keys() {
  using enum ConfigType;
  using C = Config;
  using T = TransportConfig;
  static constexpr ConfigKey keys[] = {
      {.path = "transport.samples",
       .type = text,
       .initial = "(socket sockets/samples in the state directory)",
       .meaning = "where samples go from probers to the aggregator, which binds; `tcp://HOST:PORT` "
                  "or `ipc://PATH`",
       .example = "tcp://127.0.0.1:5555",
       .check = check_endpoint,
       .set = set_in<&C::transport, &T::samples>},
      {.path = "transport.control",
       .type = text,
       .initial = "(socket sockets/control in the state directory)",
       .meaning = "where targets, replay and commands go, both ways; the aggregator binds",
       .example = "tcp://127.0.0.1:5556",
       .check = check_endpoint,
       .set = set_in<&C::transport, &T::control>},
      {.path = "transport.events",
       .type = text,
       .initial = "(socket sockets/events in the state directory)",
       .meaning = "where events go from the aggregator, which binds, to all who listen",
       .example = "tcp://127.0.0.1:5557",
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
  };
  return keys;
}

/// An address without the name of this host: it can be connected to, but not be listened at.
std::string by_number(const std::string& endpoint) {
  constexpr std::string_view named = "tcp://localhost:";
  if (!endpoint.starts_with(named)) return endpoint;
  return "tcp://127.0.0.1:" + endpoint.substr(named.size());
}

/// Whether only this host can reach it.
bool is_local(const std::string& endpoint) {
  constexpr std::string_view local[] = {"ipc://", "tcp://127.", "tcp://[::1]:"};
  return std::any_of(std::begin(local), std::end(local),
                     [&](auto prefix) { return endpoint.rfind(prefix, 0) == 0; });
}

/// Of one in the state directory.
void check_own_length(ConfigWalk& walk, const std::string& name, std::size_t bytes) {
  if (bytes <= max_socket_path) return;
  walk.error(walk.mark_of("transport", name), "transport." + name,
             "is not given, and in the state directory its path would be longer (" +
                 std::to_string(bytes) + " bytes) than the " + std::to_string(max_socket_path) +
                 " bytes that a unix socket takes; set STALEWATCH_STATE_DIR to a shorter path, or "
                 "give all three addresses");
}

void finish(ConfigWalk& walk) {
  TransportConfig& transport = walk.draft.config.transport;
  const std::pair<std::string, std::string*> sockets[] = {{"samples", &transport.samples},
                                                          {"control", &transport.control},
                                                          {"events", &transport.events}};
  for (const auto& [name, endpoint] : sockets) {
    *endpoint = by_number(*endpoint);
    if (!endpoint->empty()) continue;
    const auto path = walk.in_socket_directory(name);
    *endpoint = "ipc://" + path;
    check_own_length(walk, name, path.size());
  }
  for (const auto& [name, endpoint] : sockets) {
    const YamlMark mark = walk.mark_of("transport", name);
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

/// "ipc:///run/stalewatch/" of ipc:///run/stalewatch/samples, .../control, .../events; else "".
std::string folder_of_all(const TransportConfig& t) {
  const auto folder = t.control.substr(0, t.control.rfind('/') + 1);
  const bool all = folder.starts_with("ipc://") && t.samples == folder + "samples" &&
                   t.control == folder + "control" && t.events == folder + "events";
  return all ? folder : "";
}

std::string summary(const Config& config) {
  const TransportConfig& t = config.transport;
  if (const auto folder = folder_of_all(t); !folder.empty())
    return "samples, control and events in " + escape_untrusted(folder);
  return "samples " + escape_untrusted(t.samples) + ", control " + escape_untrusted(t.control) +
         ", events " + escape_untrusted(t.events) + (t.insecure ? " (not encrypted)" : "");
}

}  // namespace

const ConfigSection& transport_section() {
  static const ConfigSection section{.path = "transport",
                                     .keys = section_keys(),
                                     .finish = finish,
                                     .summary_line = SummaryLine::sockets,
                                     .summary = summary};
  return section;
}

}  // namespace stalewatch
