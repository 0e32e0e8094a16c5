#include "prober/metrics.hpp"

#include "common/messages/names.hpp"
#include "common/process/health.hpp"
#include "common/process/metrics.hpp"

#include <prometheus/histogram.h>

#include <array>
#include <string>

namespace stalewatch::prober {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

struct Metrics::Series {
  explicit Series(prometheus::Registry& registry)
      : took(prometheus::BuildHistogram()
                 .Name("stalewatch_prober_probe_duration_seconds")
                 .Help("From the start of a request to its end, whatever the outcome.")
                 .Register(registry)
                 .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
                                                                  10, 30})),
        sent(counter(registry, "stalewatch_prober_samples_sent_total",
                     "Samples handed to the samples socket.")),
        dropped(counter(registry, "stalewatch_prober_samples_dropped_total",
                        "Samples replaced by a newer one of their target while nobody listened.")),
        unacked(gauge(registry, "stalewatch_prober_unacknowledged_news",
                      "News in the ring: not acknowledged by the aggregator yet.")),
        dropped_news(counter(registry, "stalewatch_prober_news_dropped_total",
                             "News that the full ring had to drop unacknowledged.")),
        skipped(counter(registry, "stalewatch_prober_probes_skipped_total",
                        "Due times let pass: the probe before still ran, or the prober was at its "
                        "limits.")),
        bad_frames(counter(registry, "stalewatch_prober_bad_frames_total",
                           "Messages from the aggregator that were not understood.")),
        oversized(counter(registry, "stalewatch_prober_oversized_messages_total",
                          "Messages not sent because they were too large.")),
        targets(gauge(registry, "stalewatch_prober_targets", "Targets assigned.")),
        in_flight(gauge(registry, "stalewatch_prober_in_flight", "Probes under way.")),
        overdue(gauge(registry, "stalewatch_prober_overdue", "Targets due and not yet probed.")),
        joined(gauge(registry, "stalewatch_prober_joined", "1 while the aggregator answers.")),
        clock_offset(gauge(registry, "stalewatch_prober_clock_offset_seconds",
                           "The aggregator's clock minus this prober's.")),
        clock_uncertainty(gauge(registry, "stalewatch_prober_clock_uncertainty_seconds",
                                "Half the width of what the offset may be.")) {
    auto& family = prometheus::BuildCounter()
                       .Name("stalewatch_prober_probes_total")
                       .Help("Probes by what they came to.")
                       .Register(registry);
    for (std::size_t i = 0; i < known_outcomes; ++i)
      probes[i] = &family.Add({{"outcome", std::string(name_of(static_cast<Outcome>(i)))}});
  }

  std::array<prometheus::Counter*, known_outcomes> probes{};
  prometheus::Histogram& took;
  prometheus::Counter& sent;
  prometheus::Counter& dropped;
  prometheus::Gauge& unacked;
  prometheus::Counter& dropped_news;
  prometheus::Counter& skipped;
  prometheus::Counter& bad_frames;
  prometheus::Counter& oversized;
  prometheus::Gauge& targets;
  prometheus::Gauge& in_flight;
  prometheus::Gauge& overdue;
  prometheus::Gauge& joined;
  prometheus::Gauge& clock_offset;
  prometheus::Gauge& clock_uncertainty;
};

Metrics::Metrics(Health& health) : series_(std::make_unique<Series>(health.metrics())) {}
Metrics::~Metrics() = default;

void Metrics::probed(const Sample& sample) {
  series_->probes[static_cast<std::size_t>(sample.outcome)]->Increment();
  series_->took.Observe(seconds(sample.took));
}

void Metrics::sent(std::size_t samples) { series_->sent.Increment(static_cast<double>(samples)); }

void Metrics::update(const State& state) {
  series_->targets.Set(static_cast<double>(state.targets));
  series_->in_flight.Set(static_cast<double>(state.in_flight));
  series_->overdue.Set(static_cast<double>(state.overdue));
  series_->joined.Set(state.joined ? 1 : 0);
  raise_to(series_->skipped, state.skipped);
  raise_to(series_->dropped, state.superseded);
  series_->unacked.Set(static_cast<double>(state.unacked_news));
  raise_to(series_->dropped_news, state.dropped_news);
  raise_to(series_->bad_frames, state.bad_frames);
  raise_to(series_->oversized, state.oversized);
  if (!state.clock) return;
  series_->clock_offset.Set(seconds(state.clock->offset));
  series_->clock_uncertainty.Set(seconds(state.clock->uncertainty));
}

}  // namespace stalewatch::prober
