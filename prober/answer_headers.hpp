#pragma once

// The few header lines of an answer that matter: whether its Date tells the server's clock, and how
// its body is written. Pure but for libcurl's date reader.

#include "common/base/time.hpp"
#include "prober/clock_pings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stalewatch::prober {

/// All headers of a transfer together, redirects included; ordinary answers have 1 KiB.
inline constexpr std::size_t max_header_bytes = 64 << 10;

class AnswerHeaders {
 public:
  /// One line as it came, with its line end. False when there are too many bytes of them.
  bool add(std::string_view line);
  /// The server's clock against ours, from Date (whole seconds, so half a second is added). `sent`
  /// and `received` frame the request by our clock. Nothing without a Date, and nothing when a
  /// cache may have answered.
  std::optional<ClockOffset> clock_offset(Timestamp sent, Timestamp received) const;
  /// Of Content-Type, as it stands there; empty when it names none.
  const std::string& charset() const { return charset_; }
  /// Whether Content-Encoding names what is no compression that we ask for, such as "UTF-8".
  bool has_unknown_coding() const { return unknown_coding_; }
  /// How many answers have begun: each redirect is one.
  std::size_t answers() const { return answers_; }
  /// Whether anything has come at all.
  bool any() const { return bytes_ > 0; }
  void clear() { *this = AnswerHeaders(); }

 private:
  std::size_t bytes_ = 0;
  std::size_t answers_ = 0;
  std::optional<Timestamp> date_;
  bool cached_ = false;
  bool unknown_coding_ = false;
  std::string charset_;
};

}  // namespace stalewatch::prober
