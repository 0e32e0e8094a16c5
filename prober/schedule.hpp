#pragma once

// When each target is probed next. Pure: time comes in, nothing goes out but answers.

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace stalewatch::prober {

/// After a first failure the second opinion comes this soon, or after the interval if that is
/// shorter.
inline constexpr Duration recheck_after = std::chrono::seconds(5);

/// New targets that are not due yet are probed at once, one each 5 ms: a started system shows
/// something soon, and 100,000 new targets do not become a burst.
inline constexpr Duration first_probe_spacing = std::chrono::milliseconds(5);

/// Where the due times of a target lie within its interval: 0 <= phase < interval. A function of
/// its arguments alone, so that the schedule stays when a target moves between probers; ids in a
/// row are spread evenly.
Duration phase_of(std::uint32_t target, Duration interval);

/// The first due time of the target after `t`: times = phase (mod interval), counted from the
/// epoch.
Timestamp next_slot(std::uint32_t target, Duration interval, Timestamp t);

/// A heap of due times. 100,000 targets cost about 8 MB.
class Schedule {
 public:
  /// `spacing`: between the first probes of new targets.
  explicit Schedule(Duration spacing = first_probe_spacing) : spacing_(spacing) {}

  struct Due {
    std::uint32_t target = 0;
    Timestamp at{};            ///< when it fell due
    std::uint64_t missed = 0;  ///< later due times that have passed as well
  };

  /// A new target is due soon; one that is known keeps its due time unless the interval is another.
  void add(std::uint32_t target, Duration interval, Timestamp now);
  void remove(std::uint32_t target);

  /// The earliest target that is due by `now`, re-armed for its first slot after `now`.
  std::optional<Due> take(Timestamp now);
  /// The target's first failure was seen at `now`: asks for the quick second opinion.
  void recheck(std::uint32_t target, Timestamp now);

  /// When `take` has something next.
  std::optional<Timestamp> next();
  /// How many targets are due and not taken. Looks at all of them: for metrics, once a second at
  /// most.
  std::size_t overdue(Timestamp now) const;
  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    Duration interval{};
    Timestamp due{};
    std::uint32_t arming = 0;  ///< which of the target's heap entries counts
  };
  struct Entry {
    Timestamp due{};
    std::uint32_t target = 0;
    std::uint32_t arming = 0;
  };
  static bool later(const Entry& a, const Entry& b) { return a.due > b.due; }
  void arm(std::uint32_t target, Slot& slot, Timestamp due);
  bool counts(const Entry& entry) const;
  void drop_outdated();

  Duration spacing_;
  std::unordered_map<std::uint32_t, Slot> slots_;
  std::vector<Entry> heap_;
  Timestamp next_first_{};  ///< when the next new target may be probed out of turn
  std::uint32_t armings_ = 0;
};

}  // namespace stalewatch::prober
