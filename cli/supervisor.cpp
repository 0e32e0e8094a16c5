#include "cli/supervisor.hpp"

#include "cli/restart_policy.hpp"
#include "common/base/clocks.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace stalewatch::cli {
namespace {

constexpr auto stop_timeout = std::chrono::seconds(4);  // then SIGKILL; all is over within 5 s
constexpr auto stage_timeout = std::chrono::milliseconds(1200);  // of those that stop earlier
constexpr unsigned stop_stages = 3;
constexpr auto flush_timeout = std::chrono::milliseconds(500);
/// Not every start that is no crash yet has worked: a child that was started again only now is not
/// known to be well.
constexpr auto proves_itself = std::chrono::seconds(5);
constexpr int own_color = 4;
constexpr int refused_configuration = 2;
constexpr int failed = 1;

Duration since(SteadyTime then, SteadyTime now) {
  return std::chrono::duration_cast<Duration>(now - then);
}

}  // namespace

Supervisor::Supervisor(std::vector<ChildSpec> children, Signals& signals)
    : signals_(signals), out_(STDOUT_FILENO), err_(STDERR_FILENO) {
  for (auto& spec : children) {
    Slot slot;
    slot.spec = std::move(spec);
    slot.color = static_cast<int>(slots_.size());
    slots_.push_back(std::move(slot));
  }
}

int Supervisor::run(std::optional<Duration> run_for) {
  SteadyTime now = read_clocks().mono;
  if (run_for) end_at_ = now + *run_for;
  for (auto& slot : slots_) slot.start_at = now;
  for (;;) {
    start_due(now);
    if (kill_at_ && all_gone()) break;
    wait_for_something(now);
    now = read_clocks().mono;
    take_signals(now);
    if (!kill_at_ && end_at_ && now >= *end_at_) end_of_time(now);
    if (!kill_at_ && (out_.closed() || err_.closed())) stop("nobody reads our output", failed, now);
    if (kill_at_) stop_next(now);
    if (kill_at_ && now >= *kill_at_) kill_all();
  }
  say("stopped");
  flush_output();
  return exit_code_;
}

void Supervisor::say(std::string_view text) { err_.line("up", text, own_color); }

void Supervisor::start_due(SteadyTime now) {
  for (auto& slot : slots_)
    if (slot.start_at && now >= *slot.start_at) start(slot, now);
}

void Supervisor::start(Slot& slot, SteadyTime now) {
  slot.start_at.reset();
  slot.started = now;
  ++slot.starts;
  try {
    slot.child = std::make_unique<Child>(slot.spec);
    say("started " + slot.spec.name + " (process " + std::to_string(slot.child->pid()) + ")");
  } catch (const std::runtime_error& e) {
    slot.ends = ends_in_a_row(slot.ends, Duration::zero());
    slot.start_at = now + restart_delay(slot.ends);
    say(std::string(e.what()) + "; trying again in " + format_duration(restart_delay(slot.ends)));
  }
}

int Supervisor::poll_timeout(SteadyTime now) const {
  std::optional<SteadyTime> next = kill_at_ ? kill_at_ : end_at_;
  if (kill_at_ && stop_stage_ < stop_stages) next = std::min(*next, next_stage_at_);
  for (const auto& slot : slots_)
    if (slot.start_at && (!next || *slot.start_at < *next)) next = slot.start_at;
  if (!next) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000));
}

void Supervisor::wait_for_something(SteadyTime now) {
  std::vector<pollfd> fds{{signals_.fd(), POLLIN, 0}};
  const bool busy = out_.busy() || err_.busy();
  // Children's output is read only while ours goes out: nobody's lines are dropped or hoarded.
  for (auto* output : {&out_, &err_})
    if (output->busy()) fds.push_back({output->fd(), POLLOUT, 0});
  for (const auto& slot : slots_) {
    if (!slot.child) continue;
    fds.push_back({slot.child->exit_fd(), POLLIN, 0});
    if (busy) continue;
    fds.push_back({slot.child->out.get(), POLLIN, 0});
    fds.push_back({slot.child->err.get(), POLLIN, 0});
  }
  poll(fds.data(), fds.size(), poll_timeout(now));

  const auto ready = [&](int fd) {
    return std::any_of(fds.begin(), fds.end(),
                       [&](const pollfd& p) { return p.fd == fd && p.revents != 0; });
  };
  for (auto* output : {&out_, &err_})
    if (output->busy() && ready(output->fd())) output->write_some();
  const SteadyTime later = read_clocks().mono;
  for (auto& slot : slots_) {
    if (!slot.child) continue;
    if (ready(slot.child->out.get()) || ready(slot.child->err.get())) read_output(slot, false);
    if (ready(slot.child->exit_fd())) take_exit(slot, later);
  }
}

void Supervisor::take_signals(SteadyTime now) {
  const auto seen = signals_.take();
  if (seen.reload && !kill_at_) {
    say("reloading: SIGHUP goes to every process");
    for (const auto& slot : slots_)
      if (slot.child) slot.child->send(SIGHUP);
  }
  if (!seen.stop) return;
  if (kill_at_)
    kill_all();  // asked a second time: now
  else
    stop("asked to", 0, now);
}

void Supervisor::read_output(Slot& slot, bool to_the_end) {
  std::array<char, 16 * 1024> buffer;
  const auto drain = [&](Descriptor& from, Lines& lines, MarkedOutput& output) {
    do {
      const ssize_t got = read(from.get(), buffer.data(), buffer.size());
      if (got == 0) from.reset();
      if (got <= 0) break;
      for (const auto& line : lines.feed({buffer.data(), static_cast<std::size_t>(got)}))
        output.line(slot.spec.name, line.text, slot.color);
    } while (to_the_end);
    if (!to_the_end) return;
    for (const auto& line : lines.finish()) output.line(slot.spec.name, line.text, slot.color);
  };
  drain(slot.child->out, slot.out, out_);
  drain(slot.child->err, slot.err, err_);
}

void Supervisor::take_exit(Slot& slot, SteadyTime now) {
  const int status = slot.child->reap();
  read_output(slot, true);
  slot.child.reset();
  if (!kill_at_) {
    after_unexpected_end(slot, status, now);
  } else if (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)) {
    say(slot.spec.name + " did not stop cleanly: " + describe_status(status));
    if (exit_code_ == 0) exit_code_ = failed;
  }
}

void Supervisor::after_unexpected_end(Slot& slot, int status, SteadyTime now) {
  const Duration ran = since(slot.started, now);
  if (slot.starts == 1 && WIFEXITED(status) && WEXITSTATUS(status) == refused_configuration) {
    stop(slot.spec.name + " refused its configuration", refused_configuration, now);
    return;
  }
  slot.ends = ends_in_a_row(slot.ends, ran);
  const Duration delay = restart_delay(slot.ends);
  slot.start_at = now + delay;
  say(slot.spec.name + " ended after " + format_duration(ran) + " by " + describe_status(status) +
      "; starting it again in " + format_duration(delay));
}

/// Whoever lets it run for a while wants to know whether it did.
void Supervisor::end_of_time(SteadyTime now) {
  int exit_code = 0;
  for (const auto& slot : slots_) {
    const bool well = slot.child && (slot.ends == 0 || since(slot.started, now) >= proves_itself);
    if (well) continue;
    say(slot.spec.name + " did not run: started " + std::to_string(slot.starts) +
        " times, ended each time");
    exit_code = failed;
  }
  stop("the time given by --for is over", exit_code, now);
}

void Supervisor::stop(std::string_view why, int exit_code, SteadyTime now) {
  say("stopping: " + std::string(why));
  exit_code_ = exit_code;
  kill_at_ = now + stop_timeout;
  for (auto& slot : slots_) slot.start_at.reset();
  next_stage_at_ = now;
  stop_next(now);
}

void Supervisor::stop_next(SteadyTime now) {
  const auto waits = [&] {
    return now < next_stage_at_ && std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
             return slot.child && slot.spec.stop_stage < stop_stage_;
           });
  };
  while (stop_stage_ < stop_stages && !waits()) {
    for (auto& slot : slots_)
      if (slot.child && slot.spec.stop_stage == stop_stage_) slot.child->send(SIGTERM);
    ++stop_stage_;
    next_stage_at_ = now + stage_timeout;
  }
}

void Supervisor::kill_all() {
  for (const auto& slot : slots_)
    if (slot.child) slot.child->send(SIGKILL);
  if (std::exchange(killed_, true)) return;
  // Once more would change nothing; from here only their ends are waited for.
  kill_at_ = *kill_at_ + std::chrono::hours(1);
}

bool Supervisor::all_gone() const {
  return std::none_of(slots_.begin(), slots_.end(),
                      [](const Slot& slot) { return slot.child != nullptr; });
}

void Supervisor::flush_output() {
  const SteadyTime deadline = read_clocks().mono + flush_timeout;
  for (auto* output : {&out_, &err_})
    while (output->busy() && read_clocks().mono < deadline) {
      pollfd fd{output->fd(), POLLOUT, 0};
      if (poll(&fd, 1, 100) > 0) output->write_some();
    }
}

}  // namespace stalewatch::cli
