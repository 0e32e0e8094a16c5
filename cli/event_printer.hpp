#pragma once

#include "common/messages/messages.hpp"

namespace stalewatch::cli {

/// Prints events on stdout as the notifier's terminal does, or as JSON lines. Unlike the notifier,
/// also those that nobody was told of.
class EventPrinter {
 public:
  explicit EventPrinter(bool json);
  /// False when nobody reads any more.
  bool print(const Event& event) const;

 private:
  bool json_;
  bool color_;
};

}  // namespace stalewatch::cli
