#include "recorder/recording.hpp"

#include "common/messages/json_lines.hpp"
#include "common/process/log.hpp"
#include "common/process/metrics.hpp"
#include "recorder/rows.hpp"

#include <algorithm>

namespace stalewatch::recorder {
namespace {

/// The same trouble is told again after this, for those who look only at the end of a log.
constexpr auto repeat_trouble_every = std::chrono::minutes(5);
/// A database that is just being set up lets nobody in for a moment.
constexpr auto stuck_after = std::chrono::seconds(5);
/// Read ahead while a batch is being written, so that the next one is full.
constexpr std::size_t most_waiting = 4 * Recording::batch_events;

}  // namespace

struct Recording::Metrics {
  explicit Metrics(prometheus::Registry& registry)
      : rows(prometheus::BuildCounter()
                 .Name("stalewatch_recorder_rows_total")
                 .Help("rows stored")
                 .Register(registry)),
        updates(rows.Add({{"table", "updates"}})),
        events(rows.Add({{"table", "events"}})),
        batches(counter(registry, "stalewatch_recorder_batches_total", "transactions committed")),
        set_aside(counter(registry, "stalewatch_recorder_set_aside_total",
                          "events that the database refused for their content")),
        missed(counter(registry, "stalewatch_recorder_missing_events_total",
                       "events that the journal no longer held")),
        errors(prometheus::BuildCounter()
                   .Name("stalewatch_recorder_db_errors_total")
                   .Help("failed attempts by category")
                   .Register(registry)),
        lag(gauge(registry, "stalewatch_recorder_lag_events",
                  "events known to exist and not yet stored")),
        connected(
            gauge(registry, "stalewatch_recorder_database_up", "1 while the database takes rows")) {
    for (const auto trouble :
         {Trouble::connection, Trouble::refused, Trouble::configuration, Trouble::data})
      errors.Add({{"category", name_of(trouble)}});
  }

  prometheus::Family<prometheus::Counter>& rows;
  prometheus::Counter& updates;
  prometheus::Counter& events;
  prometheus::Counter& batches;
  prometheus::Counter& set_aside;
  prometheus::Counter& missed;
  prometheus::Family<prometheus::Counter>& errors;
  prometheus::Gauge& lag;
  prometheus::Gauge& connected;
};

Recording::Recording(std::unique_ptr<EventStore> store, Health& health)
    : health_(health),
      metrics_(std::make_unique<Metrics>(health.metrics())),
      description_(store->describe()),
      writer_(std::move(store)) {
  tell_ready();
}

Recording::~Recording() = default;

void Recording::add(EventBatch batch, SteadyTime now) {
  Work& work = open_work(batch.cursor.journal, now);
  for (Event& event : batch.events) put(work, std::move(event));
  work.cursor = std::move(batch.cursor);
}

void Recording::add_line(const std::string& journal, Event event, SteadyTime now) {
  put(open_work(journal, now), std::move(event));
}

void Recording::missed(std::int64_t events) {
  metrics_->missed.Increment(static_cast<double>(events));
}

Work& Recording::open_work(const std::string& journal, SteadyTime now) {
  if (queue_.empty() || queue_.back().journal != journal ||
      queue_.back().events.size() >= batch_events)
    queue_.push_back({.journal = journal, .events = {}, .cursor = {}});
  if (!oldest_added_) oldest_added_ = now;
  return queue_.back();
}

void Recording::put(Work& work, Event event) {
  if (!is_recorded(event)) {
    ++counts_.not_for_tables;
    return;
  }
  work.events.push_back(std::move(event));
  ++waiting_;
}

std::size_t Recording::room() const {
  return waiting_ >= most_waiting ? 0 : std::min(batch_events, most_waiting - waiting_);
}

bool Recording::turn(SteadyTime now) {
  now_ = now;
  bool again = false;
  for (const auto& report : writer_.take_reports())
    again |= std::visit([&](const auto& r) { return on(r); }, report);
  const auto due = next_turn();
  if (due && *due <= now) {
    under_way_ = true;
    under_way_events_ = queue_.front().events.size();
    writer_.submit(std::move(queue_.front()));
    queue_.pop_front();
    oldest_added_ = queue_.empty() ? std::nullopt : std::optional(now);
  }
  metrics_->lag.Set(
      static_cast<double>(std::max<std::int64_t>(0, head_ - (stored_ ? stored_->seq : 0))));
  return again;
}

std::optional<SteadyTime> Recording::next_turn() const {
  if (!is_open_ || under_way_ || queue_.empty()) return std::nullopt;
  const bool full = queue_.size() > 1 || queue_.front().events.size() >= batch_events;
  return full || flushing_ ? *oldest_added_ : *oldest_added_ + batch_time;
}

std::optional<std::string> Recording::stuck_by(SteadyTime now) const {
  if (!trouble_ || !stuck_since_ || now - *stuck_since_ < stuck_after) return std::nullopt;
  return trouble_;
}

void Recording::replace(std::unique_ptr<EventStore> store) {
  description_ = store->describe();
  writer_.replace(std::move(store));
  is_open_ = false;
  stuck_since_.reset();
  tell_ready();
}

bool Recording::on(const Writer::Opened& opened) {
  if (waiting_ > 0)
    log::warn("the database stands elsewhere than it was left: going on from there");
  queue_.clear();
  oldest_added_.reset();
  waiting_ = under_way_events_ = 0;
  under_way_ = false;
  is_open_ = true;
  trouble_.reset();
  stuck_since_.reset();
  stored_ = opened.cursor;
  log::info("recording {} journal={} seq={}", description_, stored_ ? stored_->journal : "none",
            stored_ ? stored_->seq : 0);
  tell_ready();
  return true;
}

bool Recording::on(const Writer::Written& written) {
  if (written.done || written.rows.events > 0) metrics_->batches.Increment();
  metrics_->events.Increment(static_cast<double>(written.rows.events));
  metrics_->updates.Increment(static_cast<double>(written.rows.updates));
  counts_.stored += written.rows.events;
  counts_.already_there += written.already_there;
  for (const Event& event : written.set_aside) {
    ++counts_.set_aside;
    metrics_->set_aside.Increment();
    log::error("the database refuses this event for what it holds, it is NOT stored {} event={}",
               description_, to_json_line(event));
  }
  if (written.cursor) stored_ = written.cursor;
  if (!written.done) return false;
  if (trouble_)
    log::info("the database takes rows again after {} failed attempts {}", failures_, description_);
  trouble_.reset();
  stuck_since_.reset();
  failures_ = 0;
  waiting_ -= under_way_events_;
  under_way_events_ = 0;
  under_way_ = false;
  tell_ready();
  return false;
}

bool Recording::on(const Writer::Lost& lost) {
  const auto& [lines, first, last] = lost.missing;
  counts_.lost += lines;
  const auto beside = lost.not_looked_for == 0
                          ? std::string()
                          : " not_looked_for=" + std::to_string(lost.not_looked_for);
  log::error(
      "what was stored is not in the database any more: it was emptied or restored, or its file "
      "moved away or replaced; it is not kept here: give these events once more events={} "
      "seq={}..{}{} {}",
      lines, first, last, beside, description_);
  return false;
}

bool Recording::on(const Writer::Failed& failed) {
  metrics_->errors.Add({{"category", name_of(failed.error.trouble)}}).Increment();
  ++failures_;
  const bool for_people = failed.error.trouble == Trouble::configuration;
  if (!for_people)
    stuck_since_.reset();
  else if (!stuck_since_)
    stuck_since_ = now_;
  if (trouble_ != failed.error.text || now_ - trouble_told_ >= repeat_trouble_every) {
    log::format(for_people ? log::Level::error : log::Level::warning,
                "{}; trying again, attempt={} next_in={}", failed.error.text, failures_ + 1,
                format_duration(failed.next_try));
    trouble_ = failed.error.text;
    trouble_told_ = now_;
  }
  tell_ready();
  return false;
}

void Recording::tell_ready() {
  metrics_->connected.Set(in_trouble() ? 0 : 1);
  health_.ready(!in_trouble(), trouble_ ? *trouble_ : is_open_ ? "" : "connecting to the database");
}

}  // namespace stalewatch::recorder
