#include "aggregator/core.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stalewatch::aggregator {

Core::Core(Restored restored, Duration lease, NodeTime now)
    : ledger_(restored.next_seq),
      targets_(ledger_),
      probers_(ledger_, targets_, lease, now),
      system_(ledger_, Consumers(std::move(restored.consumers), std::move(restored.heads)),
              restored.trouble, now),
      latest_(now) {
  targets_.restore(std::move(restored.targets), restored.next_id, now);
  for (const auto& target : restored.unreadable) targets_.give_up(target, now);
  probers_.restore(std::move(restored.probers), now);
}

Core::Core(Saved saved)
    : ledger_(saved.next_seq),
      targets_(ledger_),
      probers_(ledger_, targets_, saved.probers.lease, saved.latest),
      system_(ledger_, Consumers(SavedConsumers()), {}, saved.latest),
      latest_(saved.latest) {
  targets_.restore(std::move(saved.targets));
  probers_.restore(std::move(saved.probers));
  system_.restore(std::move(saved.system));
}

Saved Core::save() const {
  return {.next_seq = ledger_.next_seq(),
          .latest = latest_,
          .targets = targets_.save(),
          .probers = probers_.save(),
          .system = system_.save()};
}

/// Each input goes to the part that it is about; a few are about all of them.
struct Core::Applying {
  Core& core;
  NodeTime now;

  void operator()(const input::Configure& configure) {
    const bool others = core.targets_.configure(configure.servers, now);
    // Every target is told to its prober anew: what changed inside a policy is not tracked field by
    // field.
    core.probers_.reassign_all();
    if (others && configure.look_first) core.targets_.look_first(now);
  }

  void operator()(const input::Samples& samples) { core.probers_.take(samples, now); }
  void operator()(const input::Garbled& garbled) { core.probers_.take(garbled); }
  void operator()(const input::Hello& hello) { core.probers_.take(hello, now); }
  void operator()(const input::Lease& lease) { core.probers_.take(lease, now); }
  void operator()(const input::Goodbye& goodbye) { core.probers_.take(goodbye, now); }
  void operator()(const input::Resend& resend) { core.probers_.take(resend); }
  void operator()(const input::Assigned& assigned) { core.probers_.take(assigned); }
  void operator()(const input::Committed& committed) { core.probers_.take(committed); }

  void operator()(const input::ConfigureConsumers& consumers) { core.system_.take(consumers, now); }
  void operator()(const input::Published& published) { core.system_.take(published, now); }
  void operator()(const input::Acked& acked) { core.system_.take(acked, now); }
  void operator()(const input::ConsumerStuck& stuck) { core.system_.take(stuck); }
  void operator()(const input::WatchConsumers& watch) { core.system_.take(watch, now); }
  void operator()(const input::JournalTrouble& trouble) { core.system_.take(trouble, now); }
  void operator()(const input::ClockStepped& stepped) { core.system_.take(stepped, now); }

  void operator()(const input::Resume&) {
    core.targets_.resume(now);
    core.probers_.resume(now);
    core.system_.resume(now);
  }

  void operator()(const input::ClockAdopted& adopted) {
    const ClockShift shift(adopted.shift);
    core.ledger_.note("the stepped wall clock is believed now: " + adopted.why);
    core.probers_.shift_clock(shift, now);
    core.system_.shift_clock(shift);
    core.targets_.adopt_clock(shift, "our clock went " + forward_or_back(adopted.shift), now);
  }

  void operator()(const input::Tick&) {
    core.probers_.advance(now);
    core.targets_.advance(core.probers_.watch_reason(), now);
  }
};

void Core::apply(const Input& input, NodeTime now) {
  if (listener_) listener_(input, now);
  const bool goes_back = std::holds_alternative<input::ClockAdopted>(input);
  latest_ = goes_back ? now : std::max(latest_, now);
  std::visit(Applying{*this, latest_}, input);
}

std::optional<NodeTime> Core::next_deadline() const {
  const auto prober = probers_.next_deadline();
  const auto target = targets_.next_deadline();
  return prober && target ? std::min(prober, target) : prober ? prober : target;
}

Changes Core::take_changes() {
  for (auto& row : targets_.take_rows()) ledger_.changes.targets.push_back(std::move(row));
  for (auto& row : probers_.take_rows()) ledger_.changes.probers.push_back(std::move(row));
  system_.write_rows();
  return ledger_.take();
}

std::string_view Core::name_of(std::string_view instance, std::string_view otherwise) const {
  const Stream* stream = probers_.streams().find(instance);
  return stream ? std::string_view(stream->name) : otherwise;
}

}  // namespace stalewatch::aggregator
