#pragma once

// Which number the event of a piped line gets. Pure.

#include "common/base/result.hpp"

#include <cstdint>
#include <optional>

namespace stalewatch::recorder {

/// Lines without numbers are counted; a number that is written is the event's. An input has the one
/// or the other: else a line could get the number of another, and be taken for stored already.
class LineNumbers {
 public:
  /// `must_be_written`: the journal may hold lines of other inputs, which a count cannot tell from
  /// these.
  explicit LineNumbers(bool must_be_written) : must_be_written_(must_be_written) {}

  /// The next line's number, or what is wrong with it.
  Result<std::int64_t> of(std::optional<std::int64_t> written);

 private:
  const bool must_be_written_;
  std::optional<bool> are_written_;  ///< as in the first line
  std::int64_t counted_ = 0;
};

}  // namespace stalewatch::recorder
