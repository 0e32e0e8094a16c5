#pragma once

// Samples in words, for a person at a terminal. Pure; the local time zone is the process' (TZ).

#include "common/messages/messages.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace stalewatch::prober {

/// One line a sample, in columns: name, outcome in words, computed time, age of the data at the
/// probe, how long the probe took, detail.
class SampleLines {
 public:
  /// `names`: what people call the targets, in the order of their ids, which begin with 1.
  explicit SampleLines(std::vector<std::string> names);

  /// Without a newline:
  /// "PROD  ok             2026-11-22 10:02:03+01:00  5m old  in 12ms"
  std::string line_of(const Sample& sample) const;

 private:
  std::vector<std::string> names_;
  std::size_t name_width_ = 0;  ///< characters
};

}  // namespace stalewatch::prober
