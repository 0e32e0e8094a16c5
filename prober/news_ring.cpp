#include "prober/news_ring.hpp"

#include <algorithm>
#include <utility>

namespace stalewatch::prober {

void NewsRing::add(Sample news) {
  if (entries_.size() >= capacity_) {
    drop(entries_.front());
    entries_.pop_front();
  }
  news.news_seq = ++last_;
  entries_.push_back(std::move(news));
  cursor_ = std::max(cursor_, oldest());
}

void NewsRing::drop(const Sample& news) {
  if (dropped_.count == 0) dropped_.from = news.probed_at;
  dropped_.to = news.probed_at;
  ++dropped_.count;
  ++dropped_ever_;
}

void NewsRing::acked(std::uint64_t seq) {
  seq = std::min(seq, last_);
  if (seq + 1 >= oldest()) dropped_ = {};
  while (!entries_.empty() && oldest() <= seq) entries_.pop_front();
  cursor_ = std::max(cursor_, oldest());
}

void NewsRing::send_from(std::uint64_t seq) {
  cursor_ = std::min(cursor_, std::max(seq, oldest()));
}

const Sample* NewsRing::next() const {
  return cursor_ > last_ ? nullptr : &entries_[static_cast<std::size_t>(cursor_ - oldest())];
}

void NewsRing::sent() {
  if (cursor_ <= last_) ++cursor_;
}

void NewsRing::rename(const std::function<std::optional<std::uint32_t>(std::uint32_t)>& renamed) {
  std::deque<Sample> kept;
  for (Sample& news : entries_) {
    if (const auto id = renamed(news.target)) {
      news.target = *id;
      kept.push_back(std::move(news));
    } else {
      drop(news);
    }
  }
  entries_ = std::move(kept);
  auto number = oldest();
  for (Sample& news : entries_) news.news_seq = number++;
  cursor_ = oldest();
}

}  // namespace stalewatch::prober
