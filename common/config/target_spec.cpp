#include "common/config/target_spec.hpp"

#include "common/config/json_path.hpp"

namespace stalewatch {

TargetSpec target_spec(std::uint32_t id, const ServerConfig& server) {
  const auto path = plain_json_path(server.time_field);
  TargetSpec spec{.id = id,
                  .key = server.key,
                  .address = server.address,
                  .interval = server.interval,
                  .timeout = server.timeout,
                  .time_field = path ? *path : server.time_field,
                  .time_format = server.time_format,
                  .timezone = server.timezone,
                  .max_future = server.max_future,
                  .failure_threshold = server.failure_threshold,
                  .basic_auth = server.basic_auth.reveal(),
                  .ca_file = server.ca_file,
                  .cert_file = server.cert_file,
                  .key_file = server.key_file,
                  .verify = server.verify,
                  .follow_redirects = server.follow_redirects,
                  .max_body = server.max_body,
                  .proxy = server.proxy};
  for (const auto& [name, value] : server.headers) spec.headers[name] = value.reveal();
  return spec;
}

}  // namespace stalewatch
