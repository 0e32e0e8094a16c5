#pragma once

// A place that messages go to. To add one: its file here with a class like the others and its
// SinkKind, and a row in sink_table().

#include "common/base/result.hpp"
#include "common/config/config.hpp"
#include "notifier/item.hpp"

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace stalewatch::notifier {

/// What came of an attempt to hand over what waits.
struct Handover {
  std::vector<std::int64_t> done;       ///< ids that the other side has confirmed
  std::vector<std::int64_t> set_aside;  ///< ids that it will never take, because of `why`
  /// When to come again for what is left; nothing: at once, if anything is.
  std::optional<SteadyTime> again_at;
  bool failed = false;      ///< the attempt was made and did not succeed
  std::string why;          ///< of the failure, for people; holds no secret
  bool tell = false;        ///< it is worth a line on the other sinks: once per trouble
  Duration rate_limited{};  ///< wait that the other side asked for
};

/// It is handed at most so many at a time; the rest comes next.
inline constexpr std::size_t max_items = 2000;

/// Each sink is used by one thread, its own.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Hands over what it can of `items` (oldest first, not empty) and returns soon after `stop`.
  virtual Handover deliver(const std::vector<Item>& items, Now now,
                           const std::stop_token& stop) = 0;

  /// Sends a test message: how it was answered, or why it failed.
  virtual Result<std::string> test(Timestamp now) = 0;
};

/// What the notifier knows of a sink.
struct SinkKind {
  std::string_view name;   ///< names its cursor in the state file: never rename one
  std::string_view title;  ///< what people call it
  bool (*configured)(const Config&);
  bool (*wants)(const Event&);                 ///< of the events that are shown to anybody
  bool (*same)(const Config&, const Config&);  ///< a reload changes nothing for it
  bool folds;  ///< reminders that still wait give way to what follows them
  /// Always configured and wants every event: what is open there is all that is open.
  bool complete = false;
  std::unique_ptr<Sink> (*make)(const Config&);  ///< throws std::runtime_error
};

/// All there are.
std::span<const SinkKind> sink_table();

/// The name of the one that is complete.
std::string_view complete_sink();

/// Their titles: "terminal, log file, ...".
std::string sink_titles();

inline bool wants_all(const Event&) { return true; }

/// Whether a reload leaves the sink's own section of the configuration as it is.
template <typename Section>
bool same_section(const Config& a, const Config& b) {
  const auto *of_a = a.section<Section>(), *of_b = b.section<Section>();
  return of_a == nullptr || of_b == nullptr ? of_a == of_b : *of_a == *of_b;
}

}  // namespace stalewatch::notifier
