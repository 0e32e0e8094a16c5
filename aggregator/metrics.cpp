#include "aggregator/metrics.hpp"

#include "aggregator/core.hpp"
#include "common/process/health.hpp"
#include "common/process/metrics.hpp"

namespace stalewatch::aggregator {

struct Metrics::Series {
  explicit Series(prometheus::Registry& r)
      : samples(counter(r, "stalewatch_aggregator_samples_total", "Samples received.")),
        events(counter(r, "stalewatch_aggregator_events_total", "Events committed and published.")),
        bad_frames(counter(r, "stalewatch_aggregator_bad_frames_total",
                           "Messages dropped because they were not understood.")),
        oversized(counter(r, "stalewatch_aggregator_oversized_messages_total",
                          "Messages not sent because they were too large.")),
        foreign_batches(
            counter(r, "stalewatch_aggregator_foreign_batches_total",
                    "Batches of samples dropped because their ids are of another journal.")),
        unknown_targets(counter(r, "stalewatch_aggregator_unknown_target_samples_total",
                                "Samples of targets that are not known (any more).")),
        repeated_news(counter(r, "stalewatch_aggregator_repeated_news_total",
                              "News that came again and were not taken twice.")),
        resends(counter(r, "stalewatch_aggregator_resends_total",
                        "Requests to a prober to send news again.")),
        refused_samples(counter(r, "stalewatch_aggregator_refused_samples_total",
                                "Samples refused alone: not understood, not to be believed, or of "
                                "a target that their prober was never given.")),
        refused_offsets(counter(r, "stalewatch_aggregator_refused_clock_offsets_total",
                                "Offsets of targets' clocks left out of samples because they "
                                "cannot be.")),
        targets(gauge(r, "stalewatch_aggregator_targets", "Targets watched.")),
        stale(gauge(r, "stalewatch_aggregator_targets_stale", "Targets whose data are stale.")),
        failing(gauge(r, "stalewatch_aggregator_targets_failing", "Targets whose server fails.")),
        not_watched(
            gauge(r, "stalewatch_aggregator_targets_not_watched", "Targets that nobody probes.")),
        probers(gauge(r, "stalewatch_aggregator_probers", "Probers with a lease.")),
        queued(
            gauge(r, "stalewatch_aggregator_journal_queue", "Events and states not on disk yet.")),
        journal_size(
            gauge(r, "stalewatch_aggregator_journal_bytes", "Bytes that the journal uses.")),
        trouble(gauge(r, "stalewatch_aggregator_journal_trouble",
                      "1 while something is wrong with "
                      "the journal or its disk.")),
        paused(gauge(r, "stalewatch_aggregator_paused",
                     "1 while nothing is decided because too much waits for the journal.")),
        refused_acks(counter(r, "stalewatch_aggregator_refused_acks_total",
                             "Acknowledgements that do not count: of consumers that "
                             "journal.consumers does not name, or of numbers that the journal does "
                             "not have.")),
        dropped_unread(
            counter(r, "stalewatch_aggregator_unread_events_deleted_total",
                    "Events deleted for want of space before every consumer had them.")) {}

  prometheus::Counter &samples, &events, &bad_frames, &oversized, &foreign_batches,
      &unknown_targets, &repeated_news, &resends, &refused_samples, &refused_offsets;
  prometheus::Gauge &targets, &stale, &failing, &not_watched, &probers, &queued, &journal_size,
      &trouble, &paused;
  prometheus::Counter &refused_acks, &dropped_unread;
};

Metrics::Metrics(Health& health) : series_(std::make_unique<Series>(health.metrics())) {}
Metrics::~Metrics() = default;

void Metrics::published() { series_->events.Increment(); }

void Metrics::update(const State& state) {
  const auto& probers = state.core.probers();
  raise_to(series_->samples, probers.samples());
  raise_to(series_->unknown_targets, probers.unknown_targets());
  raise_to(series_->repeated_news, probers.streams().repeated());
  raise_to(series_->resends, probers.streams().asked());
  raise_to(series_->refused_samples, probers.refused_samples());
  raise_to(series_->refused_offsets, probers.refused_offsets());
  series_->probers.Set(static_cast<double>(probers.probers().size()));
  const auto counts = state.core.targets().counts();
  series_->targets.Set(static_cast<double>(counts.targets));
  series_->stale.Set(static_cast<double>(counts.stale));
  series_->failing.Set(static_cast<double>(counts.failing));
  series_->not_watched.Set(static_cast<double>(counts.not_watched));
  raise_to(series_->bad_frames, state.bad_frames);
  raise_to(series_->oversized, state.oversized);
  raise_to(series_->foreign_batches, state.foreign_batches);
  raise_to(series_->refused_acks, state.refused_acks);
  raise_to(series_->dropped_unread, state.dropped_unread);
  series_->queued.Set(static_cast<double>(state.queued));
  series_->journal_size.Set(static_cast<double>(state.journal_bytes));
  series_->trouble.Set(state.trouble ? 1 : 0);
  series_->paused.Set(state.paused ? 1 : 0);
}

}  // namespace stalewatch::aggregator
