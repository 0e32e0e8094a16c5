#pragma once

// Which piped lines are stored, as far as this process knows. Pure.

#include "common/messages/messages.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace stalewatch::recorder {

/// Numbers of lines, to be compared with what the database holds once it lacks one of them.
class KeptLines {
 public:
  /// Runs of numbers that are remembered; beyond, the lower half is forgotten.
  static constexpr std::size_t most_runs = 200'000;

  /// Lines of one transaction.
  void add(std::span<const Event> stored);

  /// By these it shows whether the database is the one that they were stored in: the last of the
  /// two last transactions. Two, since what somebody deletes during a transaction does not touch
  /// the lines of that one.
  const std::vector<std::int64_t>& watched() const { return watched_; }

  bool empty() const { return runs_.empty(); }
  /// The lowest and the highest number. Precondition: it is not empty.
  std::int64_t first() const { return runs_.begin()->first; }
  std::int64_t last() const { return runs_.rbegin()->second; }
  /// Lines that are not remembered any more.
  std::uint64_t forgotten() const { return forgotten_; }

  struct Missing {
    std::uint64_t lines = 0;
    std::int64_t first = 0, last = 0;  ///< the lowest and the highest number of them

    void add(const Missing& more);
  };
  /// Takes out, of the numbers behind `after` up to `last`, those that are not among `held`, which
  /// is in ascending order.
  Missing take_missing(std::int64_t after, std::int64_t last, std::span<const std::int64_t> held);
  /// All was compared.
  void watch_anew(bool something_was_missing);

 private:
  void add(std::int64_t number);
  void forget();

  std::map<std::int64_t, std::int64_t> runs_;  ///< the first and the last of each
  std::vector<std::int64_t> watched_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace stalewatch::recorder
