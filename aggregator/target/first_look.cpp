#include "aggregator/target/first_look.hpp"

namespace stalewatch::aggregator {

bool FirstLook::take_due(NodeTime now) {
  if (!until_ || (awaits() && now < *until_)) return false;
  until_.reset();
  awaited_.clear();
  return true;
}

}  // namespace stalewatch::aggregator
