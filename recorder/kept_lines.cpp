#include "recorder/kept_lines.hpp"

#include <algorithm>
#include <iterator>

namespace stalewatch::recorder {
namespace {

constexpr std::size_t most_watched = 2;

std::uint64_t length(std::int64_t first, std::int64_t last) {
  return static_cast<std::uint64_t>(last - first) + 1;
}

}  // namespace

void KeptLines::Missing::add(const Missing& more) {
  if (more.lines == 0) return;
  first = lines == 0 ? more.first : std::min(first, more.first);
  last = lines == 0 ? more.last : std::max(last, more.last);
  lines += more.lines;
}

void KeptLines::add(std::span<const Event> stored) {
  if (stored.empty()) return;
  for (const Event& event : stored) add(event.seq);
  if (runs_.size() > most_runs) forget();
  if (watched_.size() == most_watched) watched_.erase(watched_.begin());
  watched_.push_back(stored.back().seq);
}

void KeptLines::add(std::int64_t number) {
  auto next = runs_.upper_bound(number);
  if (next != runs_.begin()) {
    const auto before = std::prev(next);
    if (number <= before->second) return;
    if (number == before->second + 1) {
      before->second = number;
      if (next == runs_.end() || next->first != number + 1) return;
      before->second = next->second;
      runs_.erase(next);
      return;
    }
  }
  std::int64_t last = number;
  if (next != runs_.end() && next->first == number + 1) {
    last = next->second;
    next = runs_.erase(next);
  }
  runs_.emplace_hint(next, number, last);
}

void KeptLines::forget() {
  const auto half = std::next(runs_.begin(), static_cast<std::ptrdiff_t>(runs_.size() / 2));
  for (auto run = runs_.begin(); run != half; ++run) forgotten_ += length(run->first, run->second);
  runs_.erase(runs_.begin(), half);
}

KeptLines::Missing KeptLines::take_missing(std::int64_t after, std::int64_t last,
                                           std::span<const std::int64_t> held) {
  Missing missing;
  std::vector<std::pair<std::int64_t, std::int64_t>> left;
  auto run = runs_.upper_bound(after);
  if (run != runs_.begin()) --run;
  while (run != runs_.end() && run->first <= last) {
    const auto [begin, end] = *run;
    const std::int64_t from = std::max(begin, after + 1), to = std::min(end, last);
    if (from > to) {
      ++run;
      continue;
    }
    const auto there = std::span(std::lower_bound(held.begin(), held.end(), from),
                                 std::upper_bound(held.begin(), held.end(), to));
    if (there.size() == length(from, to)) {
      ++run;
      continue;
    }
    run = runs_.erase(run);
    if (begin < from) left.emplace_back(begin, from - 1);
    if (to < end) left.emplace_back(to + 1, end);
    std::int64_t next = from;  // the lowest number that nothing is known of
    for (const std::int64_t number : there) {
      if (next < number) missing.add({length(next, number - 1), next, number - 1});
      left.emplace_back(number, number);
      next = number + 1;
    }
    if (next <= to) missing.add({length(next, to), next, to});
  }
  for (const auto& [begin, end] : left)
    if (begin == end)
      add(begin);
    else
      runs_.emplace(begin, end);
  return missing;
}

void KeptLines::watch_anew(bool something_was_missing) {
  watched_.clear();
  // What was missed and is there after all is not asked for again and again.
  if (something_was_missing && !empty()) watched_.push_back(last());
}

}  // namespace stalewatch::recorder
