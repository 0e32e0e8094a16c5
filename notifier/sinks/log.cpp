#include "notifier/sinks/log.hpp"

#include "common/messages/json_lines.hpp"
#include "common/messages/names.hpp"
#include "common/process/log.hpp"
#include "notifier/render.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

namespace stalewatch::notifier {
namespace {

/// A disk that is full does not get room within less.
constexpr Duration retry_after = std::chrono::seconds(5);

int level_of(const std::string& name) {
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  return spdlog::level::from_str(name);
}

/// `filemode: w` empties the file at the start of the process, not again at each reload.
void prepare_file(const LogsConfig& config) {
  static std::mutex mutex;
  static std::set<std::string> emptied;
  const auto folder = std::filesystem::path(config.filename).parent_path();
  std::error_code ignored;  // if it cannot be made, opening the file says so
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::lock_guard lock(mutex);
  if (!config.append && emptied.insert(config.filename).second)
    std::ofstream(config.filename, std::ios::trunc);
}

/// The file that is open, which need not be the one that its path names: somebody may have moved
/// or deleted it since, and what is then written into it reaches nobody who reads there.
class OpenLogFile {
 public:
  explicit OpenLogFile(const LogsConfig& config)
      : path_(config.filename),
        sink_(path_, static_cast<std::size_t>(config.max_size),
              static_cast<std::size_t>(config.max_files), false, handlers()) {
    sink_.set_pattern("%v");
  }
  OpenLogFile(const OpenLogFile&) = delete;
  OpenLogFile& operator=(const OpenLogFile&) = delete;

  void write(const std::string& line) {
    sink_.log(spdlog::details::log_msg({}, spdlog::level::info, line));
  }
  void flush() { sink_.flush(); }

  bool is_at_its_path() const {
    struct stat open {};
    struct stat named {};
    return fstat(fileno(stream_), &open) == 0 && stat(path_.c_str(), &named) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
  }
  /// No path names it any more: what stands in it is gone when it is closed.
  bool is_deleted() const {
    struct stat open {};
    return fstat(fileno(stream_), &open) != 0 || open.st_nlink == 0;
  }

 private:
  /// Rotation opens a file, too.
  spdlog::file_event_handlers handlers() {
    spdlog::file_event_handlers handlers;
    handlers.after_open = [this](const spdlog::filename_t&, std::FILE* stream) {
      stream_ = stream;
    };
    return handlers;
  }

  std::string path_;
  std::FILE* stream_ = nullptr;  ///< the sink's; set before it, as the sink opens at once
  spdlog::sinks::rotating_file_sink_st sink_;
};

class LogSink : public Sink {
 public:
  explicit LogSink(const LogsConfig& config) : config_(config), level_(level_of(config.level)) {}

  Handover deliver(const std::vector<Item>& items, Now now, const std::stop_token&) override {
    Handover handover;
    if (file_ && !file_->is_at_its_path()) file_.reset();
    try {
      for (const auto& item : items)
        if (severity_of(item.event) >= level_ && (!config_.json || item.note != Note::nothing_open))
          write(config_.json ? to_json_line(item.event) : line_of(item, false));
      if (file_) file_->flush();
    } catch (
        const std::exception& error) {  // what of it reached the disk is unknown: all of it again
      file_.reset();
      handover.failed = handover.tell = true;
      handover.why = error.what();
      handover.again_at = now.mono + retry_after;
      return handover;
    }
    if (file_ && file_->is_deleted()) {  // meanwhile, and with it what was just written
      handover.again_at = now.mono;
      return handover;
    }
    for (const auto& item : items) handover.done.push_back(item.id);
    return handover;
  }

  Result<std::string> test(Timestamp now) override {
    try {
      config_.append = true;
      write(format_local(now) + " TEST            stalewatch: alarms will be logged here");
      file_->flush();
      return "written to " + config_.filename;
    } catch (const std::exception& error) {
      return Error{error.what()};
    }
  }

 private:
  void write(const std::string& line) {
    if (!file_) {
      prepare_file(config_);
      file_ = std::make_unique<OpenLogFile>(config_);
    }
    file_->write(line);
  }

  LogsConfig config_;
  int level_;
  std::unique_ptr<OpenLogFile> file_;
};

}  // namespace

int severity_of(const Event& event) {
  switch (event.kind) {
    case Kind::updated:
    case Kind::prober_joined:
    case Kind::prober_left:
    case Kind::watching:
      return spdlog::level::info;
    case Kind::gap:
    case Kind::undeliverable:
      return spdlog::level::err;
    case Kind::unknown:
      return event.notify ? spdlog::level::err : spdlog::level::warn;
    default:
      break;
  }
  const auto role = role_of(event.kind);
  return role == Role::fact || role == Role::reminds ? spdlog::level::warn : spdlog::level::err;
}

SinkKind log_kind() {
  return {.name = "log",
          .title = "log file",
          .configured = [](const Config& config) { return !config.logs.filename.empty(); },
          .wants = wants_all,
          // Never: a reload is what log rotation from outside asks for to have the file reopened.
          .same = [](const Config&, const Config&) { return false; },
          .folds = false,
          .make = [](const Config& config) -> std::unique_ptr<Sink> {
            return std::make_unique<LogSink>(config.logs);
          }};
}

}  // namespace stalewatch::notifier
