#include "aggregator/probers/membership.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace stalewatch::aggregator {
namespace {

/// splitmix64: a well-spread 64-bit mix, the same on every host.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

/// The first of NAME, NAME-2, NAME-3, ... that nobody has.
template <typename IsTaken>
std::string first_free(const std::string& wanted, IsTaken is_taken) {
  std::string name = wanted;
  for (int number = 2; is_taken(name); ++number) name = wanted + "-" + std::to_string(number);
  return name;
}

}  // namespace

void Membership::restore(Prober prober, NodeTime lease_until) {
  prober.lease_until = lease_until;
  const auto place =
      std::lower_bound(probers_.begin(), probers_.end(), prober.instance,
                       [](const Prober& p, const std::string& i) { return p.instance < i; });
  probers_.insert(place, std::move(prober));
}

bool Membership::hello(const Hello& hello, const std::string& peer, NodeTime lease_until,
                       const std::string& known_as) {
  Prober* known = find(hello.instance);
  const bool is_new = known == nullptr;
  if (is_new) {
    restore(Prober{.name = name_newcomer(hello.name, known_as), .instance = hello.instance},
            lease_until);
    known = find(hello.instance);
  }
  known->zone = hello.zone;
  known->version = hello.version;
  known->capacity = hello.capacity;
  known->peer = peer;
  known->lease_until = lease_until;
  known->followed_by.clear();
  known->resend = true;  // it may have restarted its connection: whatever it knew, it is told again
  return is_new;
}

std::string Membership::free_name(const std::string& wanted) const {
  std::set<std::string_view> taken;
  for (const auto& prober : probers_) taken.insert(prober.name);
  return first_free(wanted, [&](const std::string& name) { return taken.contains(name); });
}

std::string Membership::name_newcomer(const std::string& wanted, const std::string& known_as) {
  std::map<std::string_view, Prober*> named;
  for (auto& prober : probers_) named[prober.name] = &prober;
  if (!known_as.empty() && !named.contains(known_as)) return known_as;
  std::vector<Prober*> holders;
  auto name = first_free(wanted, [&](const std::string& one) {
    const auto holder = named.find(one);
    if (holder != named.end()) holders.push_back(holder->second);
    return holder != named.end();
  });
  for (Prober* holder : holders) holder->followed_by = name;
  return name;
}

Prober* Membership::lease(const Lease& lease, NodeTime lease_until) {
  Prober* prober = find(lease.instance);
  if (!prober || prober->peer.empty()) return nullptr;
  prober->lease_until = lease_until;
  prober->followed_by.clear();
  return prober;
}

std::optional<Prober> Membership::goodbye(const std::string& instance) {
  Prober* prober = find(instance);
  if (!prober) return std::nullopt;
  Prober gone = std::move(*prober);
  probers_.erase(probers_.begin() + (prober - probers_.data()));
  return gone;
}

std::vector<Prober> Membership::expire(NodeTime now) {
  const auto lost = std::stable_partition(probers_.begin(), probers_.end(),
                                          [&](const Prober& p) { return now < p.lease_until; });
  std::vector<Prober> gone(std::make_move_iterator(lost), std::make_move_iterator(probers_.end()));
  probers_.erase(lost, probers_.end());
  return gone;
}

std::optional<NodeTime> Membership::next_deadline() const {
  if (probers_.empty()) return std::nullopt;
  return std::min_element(
             probers_.begin(), probers_.end(),
             [](const Prober& a, const Prober& b) { return a.lease_until < b.lease_until; })
      ->lease_until;
}

void Membership::shift_clock(const ClockShift& shift) {
  shift(probers_);
  // Ours minus theirs, so the other way round. One that is not known counts as none.
  for (auto& prober : probers_)
    prober.clock_offset = prober.clock_offset.value_or(Duration::zero()) + shift.by();
}

void Membership::renew_all(NodeTime lease_until) {
  for (auto& prober : probers_) prober.lease_until = lease_until;
}

void Membership::resend_all() {
  for (auto& prober : probers_) prober.resend = true;
}

Prober* Membership::find(std::string_view instance) {
  return const_cast<Prober*>(std::as_const(*this).find(instance));
}

const Prober* Membership::find(std::string_view instance) const {
  const auto found =
      std::lower_bound(probers_.begin(), probers_.end(), instance,
                       [](const Prober& p, std::string_view i) { return p.instance < i; });
  return found != probers_.end() && found->instance == instance ? &*found : nullptr;
}

std::vector<AssignmentChange> Membership::assign(const std::vector<std::uint32_t>& targets) {
  if (probers_.empty()) return {};
  std::vector<std::uint64_t> seeds;
  for (const auto& prober : probers_) seeds.push_back(hash_of(prober.instance));
  std::vector<std::vector<std::uint32_t>> shares(probers_.size());
  for (const auto id : targets) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < seeds.size(); ++i)
      if (mix(seeds[i] ^ mix(id)) > mix(seeds[best] ^ mix(id))) best = i;
    shares[best].push_back(id);
  }
  std::vector<AssignmentChange> changes;
  for (std::size_t i = 0; i < probers_.size(); ++i) {
    auto& prober = probers_[i];
    AssignmentChange change{.instance = prober.instance, .full = prober.resend};
    if (std::exchange(prober.resend, false)) prober.targets.clear();
    const auto& before = prober.targets;
    std::set_difference(shares[i].begin(), shares[i].end(), before.begin(), before.end(),
                        std::back_inserter(change.added));
    std::set_difference(before.begin(), before.end(), shares[i].begin(), shares[i].end(),
                        std::back_inserter(change.removed));
    if (!change.full && change.added.empty() && change.removed.empty()) continue;
    prober.targets = std::move(shares[i]);
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace stalewatch::aggregator
