#include "mock_server/options.hpp"

#include "common/process/log.hpp"
#include "common/process/process.hpp"
#include "mock_server/app.hpp"

#include <iostream>

namespace stalewatch::mock_server {
namespace {

std::string examples() {
  return "\nEvery path is a server of its own. Watch one, and change it while it runs:\n"
         "  curl http://127.0.0.1:5000/version\n"
         "  curl http://127.0.0.1:5000/control -d '{\"path\": \"/version\", \"mode\": \"frozen\", "
         "\"age\": \"20m\"}'\n"
         "  curl http://127.0.0.1:5000/control -d '{\"path\": \"/version\", \"mode\": "
         "\"status:503\", \"for\": \"10s\"}'\n"
         "Rocket.Chat's webhook is at /hooks/ID/TOKEN, what it got at /hooks/received, sent "
         "answers at /log.\n"
         "Modes: " +
         join(known_modes()) + "\nKeys:  " + join(known_keys()) +
         "\nAll of it: docs/mock-server.md\n";
}

void add_options(CommandLine& line, Options& options, std::string& level) {
  line.footer(examples());
  line.option("--host", options.address.host, "address to listen on").show_default();
  line.option("--port", options.address.port, "port to listen on, 0 for any free one")
      .show_default()
      .between(0, 65535);
  line.option("--control-port", options.control_port,
              "a second port, always open, also when the first is told to close; 0 for any")
      .between(0, 65535);
  line.option("--path", options.paths,
              "what a path does, such as /orders=frozen,age=20m; repeatable");
  line.option("--hook-rate", options.hook_rate,
              "Rocket.Chat's rate limit per client and hook, or off")
      .show_default();
  line.option("--hook-token", options.hook_tokens,
              "the only good ID/TOKEN; repeatable; without it every one is good");
  Option certificate =
      line.option("--tls-cert", options.tls.certificate, "PEM file: the main port speaks TLS");
  Option key = line.option("--tls-key", options.tls.key, "PEM file of its key");
  certificate.needs(key);
  key.needs(certificate);
  line.option("--log-level", level, "debug, info, warn or error").show_default();
}

void open_log(const std::string& level) {
  try {
    start_log("mock-server", level);
  } catch (const std::exception& error) {
    throw UsageError(std::string("--log-level: ") + error.what());
  }
}

int run(const Options& options, Signals& signals) {
  App app(options, signals);
  std::cout << "listening on " << app.url() << std::endl;
  if (const auto control = app.control_url()) std::cout << "control on " << *control << std::endl;
  app.run();
  return 0;
}

}  // namespace

int main_of(int argc, char** argv) {
  Signals signals;
  CommandLine line("stalewatch-mock-server",
                   "A server to watch: every path updates, freezes or fails as it is told");
  Options options;
  std::string level = "info";
  add_options(line, options, level);
  if (const auto code = line.parse(argc, argv)) return *code;
  try {
    open_log(level);
    return run(options, signals);
  } catch (const UsageError& error) {
    std::cerr << "stalewatch-mock-server: " << error.what() << std::endl;
    return exit_usage;
  } catch (const std::exception& error) {
    std::cerr << "stalewatch-mock-server: " << error.what() << std::endl;
    return exit_failed;
  }
}

}  // namespace stalewatch::mock_server
