#include "aggregator/fork_claims.hpp"

#include <utility>

namespace stalewatch::aggregator {

void ForkClaims::configure(const std::vector<std::string>& consumers) {
  auto before = std::exchange(consumers_, {});
  for (const auto& name : consumers) consumers_[name] = std::move(before[name]);
}

bool ForkClaims::hear(const Claim& claim, const std::string& journal, std::int64_t head,
                      SteadyTime now) {
  const auto known = consumers_.find(claim.consumer);
  if (forked_ || known == consumers_.end() || claim.journal != journal) return false;
  auto& consumer = known->second;
  // A new connection, or a second one under the same name: nothing that was said before counts.
  if (claim.acknowledges && claim.peer != consumer.peer) consumer = {.peer = claim.peer};
  if (claim.peer != consumer.peer) return false;
  auto& beyond = claim.acknowledges ? consumer.acknowledged : consumer.asked;
  if (beyond && beyond->journal == claim.journal && beyond->seq == claim.seq) {
    forked_ = now - beyond->since >= apart;
    return forked_;
  }
  beyond.reset();
  if (claim.seq > head) beyond = Beyond{claim.journal, claim.seq, now};
  return false;
}

}  // namespace stalewatch::aggregator
