// What need not be kept any more is deleted in small steps. Freed pages are used again: the file
// does not shrink, and does not grow while there are any.

#include "aggregator/journal/impl.hpp"
#include "aggregator/journal/schema.hpp"

#include <algorithm>
#include <filesystem>

namespace stalewatch::aggregator {
namespace {

// Events deleted in one step: a few milliseconds, so that no commit is noticeably kept waiting.
constexpr std::int64_t step_events = 500;
// Numbers looked at in one step when most of them are deleted already.
constexpr std::int64_t step_numbers = 2'000;
// Pages of the write-ahead log after which SQLite checkpoints inside a commit; quiet moments come
// first. 64 MB, or this part of a smaller journal.
constexpr std::int64_t checkpoint_pages = 16'000;
constexpr std::int64_t log_part = 16;
// Up to where all have acknowledged is noted so often: it need not be known more exactly.
constexpr Duration shortest_note = std::chrono::seconds(1);
constexpr Duration longest_note = std::chrono::hours(1);
constexpr int notes_per_keeping = 24;

}  // namespace

std::int64_t Journal::Impl::number(const std::string& statement) {
  std::int64_t value = 0;
  soci::indicator any{};
  sql << statement, soci::into(value, any);
  return sql.got_data() && any == soci::i_ok ? value : 0;
}

std::int64_t Journal::Impl::head() {
  const auto kept = number("SELECT max(seq) FROM events");
  const auto noted = journal_meta(sql, "head");
  return noted.empty() ? kept : std::max(kept, static_cast<std::int64_t>(std::stoll(noted)));
}

std::int64_t Journal::Impl::live_bytes() {
  return number(
      "SELECT (page_count - freelist_count) * page_size"
      " FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
}

/// Deletes the events that `which` selects; how many that were.
std::int64_t Journal::Impl::drop(const std::string& which) {
  const auto newest = head();
  sql << "DELETE FROM events WHERE " + which;
  const auto deleted = number("SELECT changes()");
  // Numbers never begin again, also when nothing is left to count on from.
  if (deleted > 0) put_journal_meta(sql, "head", std::to_string(newest));
  return deleted;
}

void Journal::Impl::limit_log(std::int64_t max_size) {
  if (max_size == log_limited_for) return;
  const auto page = number("SELECT page_size FROM pragma_page_size");
  const auto pages = std::clamp<std::int64_t>(max_size / log_part / page, 1, checkpoint_pages);
  std::int64_t answer = 0;
  sql << "PRAGMA wal_autocheckpoint = " + std::to_string(pages), soci::into(answer);
  sql << "PRAGMA journal_size_limit = " + std::to_string(pages * page), soci::into(answer);
  log_limited_for = max_size;
  log_bytes = pages * page;
}

void Journal::Impl::note_acked(const Retention& r) {
  const auto now = to_us(r.now);
  const auto every = std::clamp(r.keep_updates / notes_per_keeping, shortest_note, longest_note);
  const auto newest = number("SELECT max(at_us) FROM acked_by_all");
  if (newest != 0 && now < newest + every.count()) return;
  WriteTransaction step(sql);
  sql << "INSERT OR REPLACE INTO acked_by_all VALUES (:n, :s)", soci::use(now),
      soci::use(r.acked_by_all);
  const auto old = now - r.keep_updates.count();
  sql << "DELETE FROM acked_by_all WHERE at_us <"
         " (SELECT max(at_us) FROM acked_by_all WHERE at_us <= :o)",
      soci::use(old);
  step.commit();
}

Tidied Journal::Impl::drop_oldest(const Retention& r) {
  const auto last = number("SELECT max(seq) FROM (SELECT seq FROM events ORDER BY seq LIMIT " +
                           std::to_string(step_events) + ")");
  if (last == 0) return {};
  WriteTransaction step(sql);
  const auto missed = number("SELECT count(*) FROM events WHERE seq <= " + std::to_string(last) +
                             " AND seq > " + std::to_string(r.acked_by_all));
  drop("seq <= " + std::to_string(last));
  step.commit();
  return {.more = true, .not_acked = missed};
}

/// Updates that were acknowledged by all long enough ago; the other events among them stay.
bool Journal::Impl::sweep_updates(const Retention& r) {
  const auto since = to_us(r.now - r.keep_updates);
  const auto up_to =
      std::min(r.acked_by_all,
               number("SELECT max(seq) FROM acked_by_all WHERE at_us <= " + std::to_string(since)));
  swept = std::max(swept, number("SELECT min(seq) FROM events") - 1);
  if (swept >= up_to) return false;
  const auto last = std::min(up_to, swept + step_numbers);
  WriteTransaction step(sql);
  drop("seq > " + std::to_string(swept) + " AND seq <= " + std::to_string(last) +
       " AND kind IN ('updated', 'went_back')");
  step.commit();
  swept = last;
  return true;
}

/// The oldest, up to the first that has to stay: those behind it are younger.
bool Journal::Impl::drop_aged(const Retention& r) {
  const auto before = to_us(r.now - std::max(r.keep_events, r.keep_updates));
  std::int64_t last = 0, seq = 0, at = 0;
  {
    soci::statement oldest = (sql.prepare << "SELECT seq, at_us FROM events ORDER BY seq LIMIT :l",
                              soci::use(step_events), soci::into(seq), soci::into(at));
    oldest.execute();
    while (oldest.fetch() && at < before && seq <= r.acked_by_all) last = seq;
  }
  if (last == 0) return false;
  WriteTransaction step(sql);
  drop("seq <= " + std::to_string(last));
  step.commit();
  return true;
}

Tidied Journal::tidy(const Retention& retention) {
  try {
    impl_->limit_log(retention.max_size);
    impl_->note_acked(retention);
    if (impl_->live_bytes() + impl_->log_bytes > retention.max_size) {
      const auto tidied = impl_->drop_oldest(retention);
      if (tidied.more) return tidied;
    }
    return {.more = impl_->sweep_updates(retention) || impl_->drop_aged(retention)};
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "tidy it", e);
  }
}

std::int64_t Journal::size() {
  try {
    std::error_code none;
    const auto log = std::filesystem::file_size(impl_->path + "-wal", none);
    return impl_->live_bytes() + (none ? 0 : static_cast<std::int64_t>(log));
  } catch (const soci::soci_error& e) {
    fail(impl_->path, "read it", e);
  }
}

}  // namespace stalewatch::aggregator
