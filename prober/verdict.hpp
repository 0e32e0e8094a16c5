#pragma once

// From what was seen to an outcome and a short text for people. Pure; the table is docs/prober.md.

#include "common/messages/messages.hpp"
#include "prober/body_reading.hpp"
#include "prober/clock_pings.hpp"
#include "prober/transfer.hpp"

#include <optional>
#include <string>

namespace stalewatch::prober {

struct Verdict {
  Outcome outcome = Outcome::ok;
  /// Empty for ok; escaped and short. What comes first, up to a comma, colon, semicolon, bracket or
  /// quote, is in words of ours and makes a headline; what the other side says stands behind that.
  std::string detail;
};

/// What the transfer alone decides: everything that is not a complete 2xx answer with a body worth
/// reading.
std::optional<Verdict> judge_transfer(const Transfer& transfer, const TargetSpec& spec,
                                      Timestamp at);

/// What the body decides. `ours` is the aggregator's clock against ours; a time is in the future
/// when it is ahead of that and of the answer's Date.
Verdict judge_reading(const BodyReading& reading, const Transfer& transfer, const TargetSpec& spec,
                      Timestamp at, const std::optional<ClockOffset>& ours);

/// Whether a Date that is so far from our clock can be a clock's: within a day of the aggregator's,
/// as far as that is known. Any other counts as no Date.
bool is_a_clock(Duration offset, const std::optional<ClockOffset>& ours);

/// A value from outside as it stands in a detail: quoted, escaped, shortened.
std::string quoted(const std::string& raw);

}  // namespace stalewatch::prober
