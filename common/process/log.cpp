#include "common/process/log.hpp"

#include "common/base/ascii.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <stdexcept>

namespace stalewatch {
namespace {

spdlog::level::level_enum level_from(std::string text) {
  if (text.rfind("logging.", 0) == 0) text.erase(0, 8);
  text = to_lower(text);
  if (text == "warning") text = "warn";
  if (text == "error") text = "err";
  const auto level = spdlog::level::from_str(text);
  if (level == spdlog::level::off && text != "off")
    throw std::runtime_error("log level \"" + text +
                             "\" is none of trace, debug, info, warning, error, critical, off");
  return level;
}

spdlog::level::level_enum to_spdlog(log::Level level) {
  switch (level) {
    case log::Level::debug:
      return spdlog::level::debug;
    case log::Level::info:
      return spdlog::level::info;
    case log::Level::warning:
      return spdlog::level::warn;
    case log::Level::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void start_log(const std::string& process, const std::string& level) {
  auto logger = spdlog::stderr_logger_mt(process);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v", spdlog::pattern_time_type::utc);
  logger->set_level(level_from(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void set_log_level(const std::string& level) {
  spdlog::default_logger()->set_level(level_from(level));
}

void stop_log() { spdlog::shutdown(); }

bool log::writes(Level level) { return spdlog::should_log(to_spdlog(level)); }

void log::write(Level level, std::string_view line) {
  spdlog::default_logger_raw()->log(to_spdlog(level),
                                    spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace stalewatch
