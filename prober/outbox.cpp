#include "prober/outbox.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::prober {

void Outbox::add(Sample sample) {
  if (sample.news_seq != 0) {
    // What was kept of the target is older than this, and without meaning beside it.
    if (kept_.erase(sample.target) != 0) ++superseded_;
    ring_.add(std::move(sample));
  } else if (listening_) {
    live_.push_back({ring_.last(), std::move(sample)});
  } else {
    keep(std::move(sample));
  }
}

void Outbox::keep(Sample sample) {
  const auto [it, is_new] = kept_.insert_or_assign(sample.target, std::move(sample));
  if (!is_new) ++superseded_;
}

void Outbox::listened_to(bool listening) {
  if (listening == listening_) return;
  listening_ = listening;
  if (!listening) {
    for (Live& live : std::exchange(live_, {})) keep(std::move(live.sample));
    return;
  }
  ring_.send_from(ring_.oldest());
  for (auto& [target, sample] : kept_) live_.push_back({ring_.last(), std::move(sample)});
  kept_.clear();
  std::sort(live_.begin(), live_.end(),
            [](const Live& a, const Live& b) { return a.sample.probed_at < b.sample.probed_at; });
}

void Outbox::rename(const std::function<std::optional<std::uint32_t>(std::uint32_t)>& renamed) {
  ring_.rename(renamed);
  for (Live& live : std::exchange(live_, {}))
    if (const auto id = renamed(live.sample.target)) {
      live.sample.target = *id;
      live_.push_back(std::move(live));
    }
  for (auto& [target, sample] : std::exchange(kept_, {}))
    if (const auto id = renamed(target)) {
      sample.target = *id;
      kept_.emplace(*id, std::move(sample));
    }
}

void Outbox::send_from(std::uint64_t seq, std::optional<std::uint32_t> batch) {
  ring_.send_from(seq);
  if (!batch) return;
  small_batch_ = std::clamp<std::size_t>(*batch, 1, max_batch);
  small_until_ = ring_.last();
}

std::size_t Outbox::sendable() const { return listening_ ? live_.size() + ring_.unsent() : 0; }

Outbox::Batch Outbox::take_batch(SteadyTime now) {
  const std::size_t waiting = sendable();
  const bool due = waiting >= max_batch || now - last_batch_ >= batch_wait;
  if (waiting == 0 || !due) return {};
  auto batch = first();
  if (sendable() == 0)
    last_batch_ = now;  // what is left of a burst needs not wait for the next turn
  return batch;
}

std::optional<SteadyTime> Outbox::next() const {
  if (sendable() == 0) return std::nullopt;
  return last_batch_ + batch_wait;
}

Outbox::Batch Outbox::take_rest() { return sendable() == 0 ? Batch{} : first(); }

Outbox::Batch Outbox::first() {
  Batch batch{ring_.sent_up_to(), {}};
  const auto most = ring_.sent_up_to() < small_until_ ? small_batch_ : max_batch;
  while (batch.samples.size() < most) {
    if (!live_.empty() && live_.front().after <= ring_.sent_up_to()) {
      batch.samples.push_back(std::move(live_.front().sample));
      live_.pop_front();
    } else if (const Sample* news = ring_.next()) {
      batch.samples.push_back(*news);
      ring_.sent();
    } else {
      break;
    }
  }
  return batch;
}

}  // namespace stalewatch::prober
