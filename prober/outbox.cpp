#include "prober/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stalewatch::prober {

void Outbox::add(Sample sample) {
  if (listening_) {
    pending_.push_back(std::move(sample));
    return;
  }
  const auto [it, is_new] = kept_.insert_or_assign(sample.target, std::move(sample));
  if (!is_new) ++superseded_;
}

void Outbox::listened_to(bool listening) {
  if (listening == listening_) return;
  listening_ = listening;
  if (!listening) {
    for (Sample& sample : std::exchange(pending_, {})) add(std::move(sample));
    return;
  }
  for (auto& [target, sample] : kept_) pending_.push_back(std::move(sample));
  kept_.clear();
  std::sort(pending_.begin(), pending_.end(),
            [](const Sample& a, const Sample& b) { return a.probed_at < b.probed_at; });
}

std::vector<Sample> Outbox::take_batch(SteadyTime now) {
  const bool due = pending_.size() >= max_batch || now - last_batch_ >= batch_wait;
  if (pending_.empty() || !due) return {};
  auto batch = first(max_batch);
  if (pending_.empty())
    last_batch_ = now;  // what is left of a burst needs not wait for the next turn
  return batch;
}

std::optional<SteadyTime> Outbox::next() const {
  if (pending_.empty()) return std::nullopt;
  return last_batch_ + batch_wait;
}

std::vector<Sample> Outbox::take_rest() { return first(max_batch); }

void Outbox::clear() {
  pending_.clear();
  kept_.clear();
}

std::vector<Sample> Outbox::first(std::size_t count) {
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(std::min(count, pending_.size()));
  std::vector<Sample> batch(std::make_move_iterator(pending_.begin()),
                            std::make_move_iterator(end));
  pending_.erase(pending_.begin(), end);
  return batch;
}

}  // namespace stalewatch::prober
