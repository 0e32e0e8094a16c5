#include "aggregator/recording/recording.hpp"

#include "common/process/log.hpp"

namespace stalewatch::aggregator {

Recording::Recording(Core& core, const RecordOptions& options)
    : core_(core), file_(options.file, static_cast<std::uint64_t>(options.size) << 20) {
  file_.begin(core_.save());
  core_.listen([this](const Input& input, NodeTime now) { file_.add(input, now); });
  log::info("all that the aggregator decides by is recorded file={} MiB={}", options.file,
            options.size);
}

Recording::~Recording() { core_.listen({}); }

void Recording::look() {
  if (!on_) return;
  try {
    file_.flush();
    if (file_.is_full()) file_.begin(core_.save());
  } catch (const std::exception& e) {
    on_ = false;
    core_.listen({});
    log::error("{}; nothing more is recorded until the next start", e.what());
  }
}

}  // namespace stalewatch::aggregator
