#include "aggregator/listening.hpp"

#include "common/process/log.hpp"

#include <chrono>
#include <stdexcept>

namespace stalewatch::aggregator {
namespace {

constexpr auto tell_again = std::chrono::minutes(1);

}  // namespace

void Listening::look(SteadyTime now) {
  trouble_.clear();
  for (const auto& [address, socket] : all_) {
    if (address->is_in_place()) continue;
    try {
      listen_again(*socket, *address);
      log::error("the socket {} or its lock was deleted or moved away: it is made anew",
                 address->endpoint());
    } catch (const std::runtime_error& e) {
      trouble_ = e.what();
    }
  }
  if (trouble_.empty()) return told_.reset();
  if (told_ && now - *told_ < tell_again) return;
  told_ = now;
  log::error("nobody finds the way to this aggregator any more: {}", trouble_);
}

}  // namespace stalewatch::aggregator
