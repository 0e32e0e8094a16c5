#include "prober/probing.hpp"

#include "common/base/text.hpp"
#include "common/process/log.hpp"
#include "prober/body_text.hpp"
#include "prober/verdict.hpp"

#include <stdexcept>
#include <utility>

namespace stalewatch::prober {
namespace {

/// Probes started in one turn at most, so that answers and leases are not kept waiting by a wave of
/// due targets.
constexpr int max_starts = 256;
/// Bytes of a detail. It bounds a batch: 256 samples of some 600 bytes fit a message easily.
constexpr std::size_t max_detail = 500;

/// Targets that cannot be probed are told of, but no more than so many.
constexpr std::uint64_t refused_told = 100;

std::uint64_t ticket_of(std::uint32_t target, std::uint32_t version) {
  return (static_cast<std::uint64_t>(target) << 32) | version;
}

/// No aggregator of ours sends anything else.
bool can_be_probed(const TargetSpec& spec) {
  return spec.interval > Duration::zero() && spec.timeout > Duration::zero() && spec.max_body > 0;
}

bool same_data(const TargetSpec& a, const TargetSpec& b) {
  return a.key == b.key && a.address == b.address && a.time_field == b.time_field;
}

}  // namespace

Probing::Probing(Settings settings, Sink sink, const Now& now)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      anchor_(now),
      now_(now),
      schedule_(settings_.once ? Duration::zero() : first_probe_spacing),
      http_(settings_.http,
            [this](std::uint64_t ticket, const Transfer& transfer) { ended(ticket, transfer); }) {}

Timestamp Probing::grid_time(SteadyTime mono) const {
  return anchor_.wall + std::chrono::duration_cast<Duration>(mono - anchor_.mono);
}

void Probing::apply(AssignmentChange change, const Now& now) {
  now_ = now;
  const Timestamp grid = grid_time(now.mono);
  if (change.full) return apply_full(change, grid);
  for (const std::uint32_t id : change.removed) {
    targets_.erase(id);
    schedule_.remove(id);
  }
  for (TargetSpec& spec : change.added) {
    const auto before = targets_.find(spec.id);
    place(std::move(spec), before == targets_.end() ? nullptr : &before->second, grid);
  }
}

void Probing::apply_full(AssignmentChange& change, Timestamp grid) {
  const bool same_ids = change.assignment == assignment_;
  assignment_ = change.assignment;
  Targets old = std::exchange(targets_, {});
  targets_.reserve(change.added.size());
  std::unordered_map<std::string_view, Target*> by_key;
  if (!same_ids) {
    schedule_ = Schedule(settings_.once ? Duration::zero() : first_probe_spacing);
    for (auto& [id, target] : old) by_key.emplace(target.spec.key, &target);
  }
  for (TargetSpec& spec : change.added) {
    Target* before = nullptr;
    if (const auto found = old.find(spec.id); same_ids && found != old.end())
      before = &found->second;
    if (const auto found = by_key.find(spec.key); !same_ids && found != by_key.end())
      before = found->second;
    place(std::move(spec), before, grid);
  }
  for (const auto& [id, target] : old)
    if (!targets_.contains(id)) schedule_.remove(id);
}

std::unordered_map<std::uint32_t, std::uint32_t> Probing::new_ids(
    const AssignmentChange& change) const {
  std::unordered_map<std::string_view, const Target*> by_key;
  for (const auto& [id, target] : targets_) by_key.emplace(target.spec.key, &target);
  std::unordered_map<std::uint32_t, std::uint32_t> ids;
  for (const TargetSpec& spec : change.added) {
    const auto before = by_key.find(spec.key);
    if (before != by_key.end() && same_data(before->second->spec, spec))
      ids.emplace(before->second->spec.id, spec.id);
  }
  return ids;
}

void Probing::place(TargetSpec spec, Target* before, Timestamp grid) {
  const std::uint32_t id = spec.id;
  if (!can_be_probed(spec)) {
    if (++refused_ <= refused_told)
      log::error("a target that cannot be probed is left out key={} interval={}us timeout={}us",
                 escape_untrusted(spec.key, 80), to_us(spec.interval), to_us(spec.timeout));
    return;
  }
  Target target;
  if (before != nullptr && before->spec == spec) {
    target = std::move(*before);
  } else {
    if (before != nullptr && same_data(before->spec, spec)) target.history = before->history;
    target.endpoint = endpoint_of(spec);
    target.format = format_of(spec);
    target.version = ++versions_;
    target.spec = std::move(spec);
  }
  schedule_.add(id, target.spec.interval, grid);
  targets_.insert_or_assign(id, std::move(target));
}

std::shared_ptr<const TimeFormat> Probing::format_of(const TargetSpec& spec) {
  const auto [it, is_new] = formats_.try_emplace(spec.time_format + '\n' + spec.timezone);
  if (!is_new) return it->second;
  try {
    it->second = std::make_shared<const TimeFormat>(spec.time_format, spec.timezone);
  } catch (const std::runtime_error& error) {
    log::error("a time format or zone that this prober does not know key={} why=\"{}\"",
               escape_untrusted(spec.key), escape_untrusted(error.what()));
  }
  return it->second;
}

void Probing::turn(const Now& now) {
  now_ = now;
  start_due(now);
  http_.turn(now);
}

std::optional<SteadyTime> Probing::deadline() {
  std::optional<SteadyTime> earliest = http_.deadline();
  if (static_cast<std::int32_t>(in_flight()) >= settings_.max_in_flight) return earliest;
  if (const auto due = schedule_.next()) {
    const SteadyTime at = anchor_.mono + (*due - anchor_.wall);
    earliest = earliest ? std::min(*earliest, at) : at;
  }
  return earliest;
}

void Probing::start_due(const Now& now) {
  const Timestamp grid = grid_time(now.mono);
  for (int started = 0; started < max_starts; ++started) {
    if (static_cast<std::int32_t>(in_flight()) >= settings_.max_in_flight) return;
    const auto due = schedule_.take(grid);
    if (!due) return;
    skipped_ += due->missed;
    Target& target = targets_.find(due->target)->second;
    if (settings_.once) schedule_.remove(due->target);
    if (target.in_flight) {
      ++skipped_;
      continue;
    }
    target.in_flight = true;
    http_.start(ticket_of(due->target, target.version), target.spec, target.endpoint, now);
  }
}

void Probing::ended(std::uint64_t ticket, const Transfer& transfer) {
  const auto found = targets_.find(static_cast<std::uint32_t>(ticket >> 32));
  if (found == targets_.end()) return;
  Target& target = found->second;
  if (target.version != static_cast<std::uint32_t>(ticket)) return;
  target.in_flight = false;
  Sample sample = judge(target, transfer);
  if (enter(target.history, sample, target.spec.failure_threshold))
    sample.news_seq = ++last_news_seq_;
  if (!settings_.once && wants_recheck(sample, target.spec.failure_threshold))
    schedule_.recheck(sample.target, grid_time(now_.mono));
  sink_(target.spec.key, std::move(sample));
}

Sample Probing::judge(const Target& target, const Transfer& transfer) const {
  Sample sample;
  sample.target = target.spec.id;
  sample.probed_at = now_.wall;
  sample.took = transfer.took;
  sample.http_status = transfer.http_status;
  if (transfer.clock_offset && !is_a_clock(*transfer.clock_offset, aggregator_clock_)) {
    sample.date_off = transfer.clock_offset;
  } else {
    sample.clock_offset = transfer.clock_offset;
    sample.clock_uncertainty = transfer.clock_uncertainty;
  }
  if (transfer.certificate) sample.tls_expires_at = transfer.certificate->not_after;

  std::optional<Verdict> verdict = judge_transfer(transfer, target.spec, now_.wall);
  if (!verdict && !target.format)
    verdict = {Outcome::time_unreadable, "this prober does not know the time format"};
  if (!verdict) {
    const auto converted = body_in_utf8(transfer.body, transfer.charset);
    const BodyReading reading =
        read_body(converted ? *converted : transfer.body, target.spec.time_field, *target.format);
    verdict = judge_reading(reading, transfer, target.spec, now_.wall, aggregator_clock_);
    if (verdict->outcome == Outcome::ok) {
      sample.computed_at = reading.computed_at;
      sample.computed_alt = reading.computed_alt;
    }
  }
  sample.outcome = verdict->outcome;
  if (!verdict->detail.empty()) sample.detail = escape_untrusted(verdict->detail, max_detail);
  return sample;
}

}  // namespace stalewatch::prober
