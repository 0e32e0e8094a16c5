#pragma once

// The problems that are open, as the aggregator tells them page by page. Pure.

#include "common/bus/event_stream.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace stalewatch::notifier {

/// All that are open and were told up to an event; what comes after it comes as events.
struct OpenProblems {
  Cursor at;
  std::vector<Event> problems;
  bool complete = true;  ///< false: there are more than can be kept, or understood
};

class ProblemPages {
 public:
  /// Beyond these something is wrong with the aggregator, and memory is worth more than the rest.
  static constexpr std::size_t max_problems = 100'000;
  static constexpr std::size_t max_pages = 10'000;

  /// What the next page is to be asked for with.
  std::vector<std::string> arguments() const;

  enum class Took {
    more,        ///< there is another page
    whole,       ///< that was the last one
    other_list,  ///< of another aggregator or journal: all of it is to be asked for again
  };
  /// Takes the answer to that; `boot` is of the aggregator that gave it, and `all_understood` false
  /// when a part of it had to be left out.
  Took take(Reply page, const std::string& boot, bool all_understood = true);
  /// After the last page.
  OpenProblems take_whole();
  void begin_anew() { *this = ProblemPages(); }

 private:
  std::size_t pages_ = 0;
  std::string boot_;
  OpenProblems open_;
  bool room_ = true;  ///< for more of them
  std::string next_;
};

}  // namespace stalewatch::notifier
