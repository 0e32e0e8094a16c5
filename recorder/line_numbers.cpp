#include "recorder/line_numbers.hpp"

#include <string>

namespace stalewatch::recorder {
namespace {

/// Whoever adds to one need not think of overflow.
constexpr std::int64_t largest_seq = std::int64_t{1} << 62;

}  // namespace

Result<std::int64_t> LineNumbers::of(std::optional<std::int64_t> written) {
  if (!written && must_be_written_)
    return Error{
        "\"seq\" is missing; with --journal lines are known by their numbers: number them, or "
        "leave --journal out"};
  if (!are_written_) are_written_ = written.has_value();
  if (*are_written_ != written.has_value())
    return Error{written ? "\"seq\" is there though lines before have none; number all or none"
                         : "\"seq\" is missing though lines before have one; number all or none"};
  if (!written) return ++counted_;
  if (*written < 1 || *written > largest_seq)
    return Error{"\"seq\" must be 1 to " + std::to_string(largest_seq)};
  return *written;
}

}  // namespace stalewatch::recorder
