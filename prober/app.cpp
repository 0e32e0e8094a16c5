#include "prober/app.hpp"

#include "common/health.hpp"
#include "common/log.hpp"
#include "common/text.hpp"
#include "common/version.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace stalewatch::prober {
namespace {

constexpr auto report_period = std::chrono::seconds(1);

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
  link_.receive(now, [&](AssignmentChange change) { take_assignment(std::move(change), now); });
  take_subscriptions();
  probing_.aggregator_clock(link_.clock());
  probing_.turn(now);
  link_.tick(now, probing_.last_news_seq());
  send_samples(now);
  tell_health(now);
  return signals == nullptr ? Signals::Seen{} : signals->take();
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

void App::take_assignment(AssignmentChange change, const Now& now) {
  if (change.assignment != assignment_) {
    // From here on ids mean something else; what waits belongs to the old ones.
    for (auto rest = outbox_.take_rest(); !rest.empty(); rest = outbox_.take_rest())
      send_batch(std::move(rest));
    outbox_.clear();
    assignment_ = change.assignment;
  }
  probing_.apply(std::move(change), now);
}

void App::take_subscriptions() {
  for (zmq::message_t message; samples_.recv(message, zmq::recv_flags::dontwait);)
    if (message.size() > 0) outbox_.listened_to(message.to_string_view().front() == '\x01');
}

void App::send_samples(const Now& now) {
  for (auto batch = outbox_.take_batch(now.mono); !batch.empty();
       batch = outbox_.take_batch(now.mono))
    send_batch(std::move(batch));
}

void App::send_batch(std::vector<Sample> samples) {
  metrics_.sent(samples.size());
  send(samples_, sender_, SampleBatch{assignment_, std::move(samples)});
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
                   .bad_frames = link_.bad_frames(),
                   .joined = link_.joined(),
                   .clock = link_.clock()});
}

void App::stop() {
  for (auto rest = outbox_.take_rest(); !rest.empty(); rest = outbox_.take_rest())
    send_batch(std::move(rest));
  link_.goodbye();
}

}  // namespace stalewatch::prober
