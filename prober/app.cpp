#include "prober/app.hpp"

#include "common/base/clocks.hpp"
#include "common/base/random_id.hpp"
#include "common/base/version.hpp"
#include "common/process/health.hpp"
#include "common/process/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace stalewatch::prober {
namespace {

constexpr auto report_period = std::chrono::seconds(1);
/// An aggregator that lives has the last news on disk well within this; one that does not must not
/// hold up an end.
constexpr auto last_ack_wait = std::chrono::seconds(2);

Hello hello_of(const Config& config, const std::string& instance) {
  return {.role = "prober",
          .name = config.prober.name.empty() ? host_name() : config.prober.name,
          .instance = instance,
          .zone = config.prober.zone,
          .capacity = 1,
          .version = std::string(program_version)};
}

/// Milliseconds for poll(2), rounded up so that a deadline has come when it returns.
std::chrono::milliseconds poll_wait(SteadyTime deadline, SteadyTime now) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "prober";
  return name.data();
}

Probing::Settings probing_settings(const Config& config) {
  return {.max_in_flight = config.prober.max_in_flight,
          .http = {.max_connections = config.prober.max_connections,
                   .user_agent = "stalewatch/" + std::string(program_version)}};
}

App::App(const Config& config, Health& health)
    : anchor_(read_clocks()),
      health_(health),
      metrics_(health),
      instance_(random_id()),
      sender_(hello_of(config, instance_).name, instance_),
      samples_(make_samples_sender(context_, config.transport.samples)),
      link_(context_, config.transport.control, hello_of(config, instance_), anchor_),
      outbox_(static_cast<std::size_t>(config.prober.ring)),
      probing_(
          probing_settings(config),
          [this](std::string_view, Sample&& sample) {
            metrics_.probed(sample);
            outbox_.add(std::move(sample));
          },
          anchor_) {
  health_.ready(false, "waiting for the aggregator");
}

Now App::clock() const {
  const SteadyTime mono = read_clocks().mono;
  return {mono, anchor_.wall + std::chrono::duration_cast<Duration>(mono - anchor_.mono)};
}

Signals::Seen App::run_once(Duration max_wait, Signals* signals) {
  wait(max_wait, signals);
  const Now now = clock();
  receive(now);
  probing_.aggregator_clock(link_.clock());
  probing_.turn(now);
  link_.tick(now, news());
  send_samples(now);
  tell_health(now);
  auto seen = signals == nullptr ? Signals::Seen{} : signals->take();
  seen.reload = link_.take_reload() || seen.reload;
  return seen;
}

void App::wait(Duration max_wait, Signals* signals) {
  const SteadyTime now = read_clocks().mono;
  SteadyTime deadline = std::min(now + max_wait, link_.deadline());
  if (const auto due = probing_.deadline()) deadline = std::min(deadline, *due);
  if (const auto due = outbox_.next()) deadline = std::min(deadline, *due);
  std::array<zmq::pollitem_t, 5> items{{
      {link_.socket().handle(), 0, ZMQ_POLLIN, 0},
      {samples_.handle(), 0, ZMQ_POLLIN, 0},
      {nullptr, probing_.fd(), ZMQ_POLLIN, 0},
      {nullptr, probing_.resolver_fd(), ZMQ_POLLIN, 0},
      {nullptr, signals == nullptr ? -1 : signals->fd(), ZMQ_POLLIN, 0},
  }};
  const std::size_t used = items.size() - (signals == nullptr ? 1 : 0);
  try {
    zmq::poll(items.data(), used, poll_wait(deadline, now));
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
}

void App::receive(const Now& now) {
  link_.receive(
      now, {.on_change = [&](AssignmentChange change) { take_assignment(std::move(change), now); },
            .on_ack = [&](const Ack& ack) { take_ack(ack); }});
  take_subscriptions();
}

void App::take_assignment(AssignmentChange change, const Now& now) {
  if (change.assignment != assignment_) {
    // From here on ids mean something else: the journal is another one. What it has not got is told
    // it by its own ids.
    const auto ids = probing_.new_ids(change);
    outbox_.rename([&](std::uint32_t old) -> std::optional<std::uint32_t> {
      const auto found = ids.find(old);
      return found == ids.end() ? std::nullopt : std::optional(found->second);
    });
    assignment_ = change.assignment;
  }
  probing_.apply(std::move(change), now);
}

void App::take_ack(const Ack& ack) {
  if (ack.journal != assignment_) return;  // of another journal: its numbers mean nothing here
  acknowledged_ = true;
  if (ack.seq > 0) outbox_.acked(static_cast<std::uint64_t>(ack.seq));
  if (ack.resend_from) outbox_.send_from(*ack.resend_from, ack.batch);
}

void App::take_subscriptions() {
  for (zmq::message_t message; samples_.recv(message, zmq::recv_flags::dontwait);)
    if (message.size() > 0) {
      subscribed_ = message.to_string_view().front() == '\x01';
      acknowledged_ = acknowledged_ && subscribed_;
    }
  acknowledged_ = acknowledged_ && link_.joined();
  outbox_.listened_to(subscribed_ && acknowledged_);
}

void App::send_samples(const Now& now) {
  for (auto batch = outbox_.take_batch(now.mono); !batch.samples.empty();
       batch = outbox_.take_batch(now.mono))
    send_batch(std::move(batch));
}

void App::send_batch(Outbox::Batch batch) {
  metrics_.sent(batch.samples.size());
  send(samples_, sender_, SampleBatch{assignment_, std::move(batch.samples), batch.after});
}

NewsFacts App::news() const {
  return {outbox_.ring().last(), outbox_.ring().oldest(), outbox_.ring().dropped()};
}

void App::tell_health(const Now& now) {
  if (now.mono < next_report_) return;
  next_report_ = now.mono + report_period;
  health_.beat();
  if (link_.joined())
    health_.ready(true);
  else
    health_.ready(false, "the aggregator does not answer");
  metrics_.update({.targets = probing_.targets(),
                   .in_flight = probing_.in_flight(),
                   .overdue = probing_.overdue(now),
                   .skipped = probing_.skipped(),
                   .superseded = outbox_.superseded(),
                   .unacked_news = outbox_.ring().size(),
                   .dropped_news = outbox_.ring().dropped_ever(),
                   .bad_frames = link_.bad_frames() + probing_.refused(),
                   .oversized = sender_.refused() + link_.oversized(),
                   .joined = link_.joined(),
                   .clock = link_.clock()});
}

void App::stop() {
  const SteadyTime deadline = read_clocks().mono + last_ack_wait;
  for (;;) {
    for (auto rest = outbox_.take_rest(); !rest.samples.empty(); rest = outbox_.take_rest())
      send_batch(std::move(rest));
    const SteadyTime now = read_clocks().mono;
    if (!outbox_.listened_to() || outbox_.ring().size() == 0 || now >= deadline) break;
    zmq::pollitem_t item{link_.socket().handle(), 0, ZMQ_POLLIN, 0};
    try {
      zmq::poll(&item, 1, poll_wait(deadline, now));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
    receive(clock());
  }
  link_.goodbye(outbox_.ring().last());
}

}  // namespace stalewatch::prober
