#include "notifier/metrics.hpp"

#include "common/process/health.hpp"
#include "notifier/sinks/sink.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <string>

namespace stalewatch::notifier {

struct Metrics::Families {
  prometheus::Family<prometheus::Counter>& notifications;
  prometheus::Family<prometheus::Counter>& rate_limited;
  prometheus::Family<prometheus::Counter>& heartbeats;
  prometheus::Family<prometheus::Gauge>& queue;
  prometheus::Family<prometheus::Gauge>& last_told;
};

Metrics::Metrics(Health& health) {
  auto& registry = health.metrics();
  families_.reset(new Families{prometheus::BuildCounter()
                                   .Name("stalewatch_notifier_notifications_total")
                                   .Help("Events told (delivered), attempts to be repeated "
                                         "(failed) and events given up (set_aside), per sink.")
                                   .Register(registry),
                               prometheus::BuildCounter()
                                   .Name("stalewatch_notifier_rate_limited_seconds_total")
                                   .Help("Time that a sink asked to be left alone, per sink.")
                                   .Register(registry),
                               prometheus::BuildCounter()
                                   .Name("stalewatch_notifier_heartbeats_total")
                                   .Help("Calls of notifier.heartbeat_url, by result.")
                                   .Register(registry),
                               prometheus::BuildGauge()
                                   .Name("stalewatch_notifier_queue_depth")
                                   .Help("Events taken over and not yet told, per sink.")
                                   .Register(registry),
                               prometheus::BuildGauge()
                                   .Name("stalewatch_notifier_last_delivered_seq")
                                   .Help("Number of the newest event told, per sink.")
                                   .Register(registry)});
}

Metrics::~Metrics() = default;

void Metrics::on_handover(std::string_view sink, const Handover& handover) {
  const std::string name(sink);
  const auto count = [&](const char* result, std::size_t by) {
    families_->notifications.Add({{"sink", name}, {"result", result}})
        .Increment(static_cast<double>(by));
  };
  count("delivered", handover.done.size());
  count("set_aside", handover.set_aside.size());
  count("failed", handover.failed ? 1 : 0);
  families_->rate_limited.Add({{"sink", name}})
      .Increment(std::chrono::duration<double>(handover.rate_limited).count());
}

void Metrics::on_heartbeat(bool good) {
  families_->heartbeats.Add({{"result", good ? "delivered" : "failed"}}).Increment();
}

void Metrics::on_state(std::string_view sink, std::int64_t waiting, std::int64_t last_told) {
  const std::string name(sink);
  families_->queue.Add({{"sink", name}}).Set(static_cast<double>(waiting));
  families_->last_told.Add({{"sink", name}}).Set(static_cast<double>(last_told));
}

}  // namespace stalewatch::notifier
