#include "mock_server/app.hpp"

#include "common/base/clocks.hpp"
#include "common/process/log.hpp"
#include "common/process/process.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <stdexcept>

namespace stalewatch::mock_server {
namespace {

Model make_model(const Options& options) {
  const Timestamp now = read_clocks().wall;
  Model model(now);
  for (const auto& spec : options.paths)
    if (const auto set = model.set_path(spec, now); !set)
      throw UsageError(fmt::format("--path {}: {}", spec, set.error()));
  const auto rate = parse_rate(options.hook_rate);
  if (!rate) throw UsageError("--hook-rate: " + rate.error());
  model.hooks.rules.rate = *rate;
  model.hooks.rules.tokens = {options.hook_tokens.begin(), options.hook_tokens.end()};
  return model;
}

std::string url_of(const ListenAddress& address, int port, bool tls) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", tls ? "https" : "http",
                     ipv6 ? "[" + address.host + "]" : address.host, port);
}

}  // namespace

App::App(const Options& options, Signals& signals)
    : options_(options),
      signals_(signals),
      service_(make_model(options), [this] { wake_.wake(); }),
      server_(options.address, options.tls,
              [this](auto& connection, const auto& request, auto& response) {
                return service_.handle(connection, request, response);
              }) {
  server_.open();
  if (!options.control_port) return;
  control_server_ = std::make_unique<HttpServer>(
      ListenAddress{options.address.host, *options.control_port}, TlsFiles{},
      [this](auto& connection, const auto& request, auto& response) {
        return service_.handle(connection, request, response);
      });
  control_server_->open();
}

App::~App() {
  server_.close();
  if (control_server_) control_server_->close();
}

void App::run() {
  for (;;) {
    pollfd items[] = {{signals_.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
    poll(items, 2, poll_timeout_ms());
    if (signals_.take().stop) return;
    wake_.take();
    follow_listening();
  }
}

int App::poll_timeout_ms() const {
  if (!reopens_at_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*reopens_at_ - read_clocks().wall);
  constexpr std::int64_t longest_ms = 60000;  // poll takes an int
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest_ms));
}

void App::follow_listening() {
  const Listening wanted = service_.listening(read_clocks().wall);
  reopens_at_ = wanted.reopens_at;
  if (wanted.open == server_.is_open()) return;
  log::info("main port {}", wanted.open ? "opens" : "closes");
  wanted.open ? server_.open() : server_.close();
}

std::string App::url() const {
  return url_of(options_.address, server_.port(), !options_.tls.certificate.empty());
}

std::optional<std::string> App::control_url() const {
  if (!control_server_) return std::nullopt;
  return url_of(options_.address, control_server_->port(), false);
}

}  // namespace stalewatch::mock_server
