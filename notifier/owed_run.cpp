#include "common/base/clocks.hpp"
#include "common/messages/json_lines.hpp"
#include "notifier/owed.hpp"
#include "notifier/store_schema.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>
#include <ostream>
#include <stdexcept>

namespace stalewatch::notifier {
namespace {

using soci::into, soci::use;

constexpr int busy_seconds = 5;

/// Events of a column of JSON lines; what cannot be read is shown as far as it can be: not at all.
std::vector<Event> events_of(soci::session& sql, const std::string& sink) {
  std::vector<Event> events;
  std::string text;
  soci::statement rows =
      (sql.prepare << "SELECT opening FROM open_problems WHERE sink = :s ORDER BY target, kind",
       into(text), use(sink, "s"));
  rows.execute();
  while (rows.fetch())
    if (auto read = event_from_json(text)) events.push_back(*std::move(read));
  return events;
}

std::vector<GivenUp> given_up_of(soci::session& sql, const std::string& sink) {
  std::vector<GivenUp> all;
  std::string text, why;
  std::int64_t at = 0, seq = 0;
  soci::statement rows =
      (sql.prepare << "SELECT event, why, at, seq FROM set_aside WHERE sink = :s ORDER BY id",
       into(text), into(why), into(at), into(seq), use(sink, "s"));
  rows.execute();
  while (rows.fetch()) {
    auto event = event_from_json(text);
    Event unreadable;
    unreadable.seq = seq;
    all.push_back({event ? *std::move(event) : unreadable, why, timestamp_from_us(at)});
  }
  return all;
}

void read_waiting(soci::session& sql, SinkDebt& debt) {
  std::int64_t oldest = 0;
  soci::indicator any{};
  sql << "SELECT count(*) + 0 FROM outbox WHERE sink = :s", into(debt.waiting), use(debt.sink, "s");
  sql << "SELECT min(queued_at) + 0 FROM outbox WHERE sink = :s", into(oldest, any),
      use(debt.sink, "s");
  if (any == soci::i_ok) debt.oldest = timestamp_from_us(oldest);
}

void read_trouble(soci::session& sql, SinkDebt& debt) {
  std::string why;
  std::int64_t since = 0;
  sql << "SELECT why, since FROM trouble WHERE sink = :s", into(why), into(since),
      use(debt.sink, "s");
  if (!sql.got_data()) return;
  debt.last_error = why;
  debt.failing_since = timestamp_from_us(since);
}

std::vector<SinkDebt> read_all(soci::session& sql) {
  std::vector<SinkDebt> debts;
  {
    std::string sink;
    int configured = 0;
    soci::statement rows =
        (sql.prepare << "SELECT name, max(configured) + 0 FROM (SELECT name, 1 AS configured FROM "
                        "sinks UNION SELECT sink, 0 FROM outbox UNION SELECT sink, 0 FROM "
                        "open_problems UNION SELECT sink, 0 FROM set_aside) GROUP BY name",
         into(sink), into(configured));
    rows.execute();
    while (rows.fetch()) debts.push_back({.sink = sink, .configured = configured != 0});
  }
  for (auto& debt : debts) {
    debt.open = events_of(sql, debt.sink);
    debt.given_up = given_up_of(sql, debt.sink);
    read_waiting(sql, debt);
    read_trouble(sql, debt);
  }
  return debts;
}

}  // namespace

std::vector<SinkDebt> read_debts(const std::string& path) {
  const std::string file = "notifier.state " + path;
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw std::runtime_error(file +
                             " does not exist: no notifier has run with this configuration, or it "
                             "runs elsewhere");
  try {
    soci::session sql(soci::sqlite3, "dbname=\"" + path + "\" readonly=true timeout=" +
                                         std::to_string(busy_seconds));
    const auto version = checked_version(sql);
    if (version < store_version)
      throw std::runtime_error(
          "is of an older version; the notifier brings it up to date when it "
          "starts");
    sql << "BEGIN";  // one moment of the file, whatever the notifier writes meanwhile
    return read_all(sql);
  } catch (const soci::soci_error& e) {
    throw std::runtime_error(file + ": " + e.get_error_message());
  } catch (const std::exception& e) {
    throw std::runtime_error(file + " " + e.what());
  }
}

int print_debts(const std::string& path, bool json, std::ostream& out) {
  const auto debts = read_debts(path);
  out << (json ? debts_as_json(debts) + "\n" : debts_as_text(debts, read_clocks().wall));
  return all_delivered(debts) ? 0 : exit_owes;
}

}  // namespace stalewatch::notifier
