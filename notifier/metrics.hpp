#pragma once

#include <memory>
#include <string_view>

namespace stalewatch {
class Health;
}

namespace stalewatch::notifier {

struct Handover;

/// Counters and gauges under stalewatch_notifier_; any thread may call.
class Metrics {
 public:
  explicit Metrics(Health& health);
  ~Metrics();

  void on_handover(std::string_view sink, const Handover& handover);
  void on_heartbeat(bool good);
  void on_state(std::string_view sink, std::int64_t waiting, std::int64_t last_told);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace stalewatch::notifier
