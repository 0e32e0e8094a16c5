#include "recorder/sql_event_store.hpp"

#include "common/base/text.hpp"
#include "common/process/sqlite_session.hpp"
#include "recorder/connect_string.hpp"
#include "recorder/dialect.hpp"
#include "recorder/sql_errors.hpp"
#include "recorder/sql_session.hpp"
#include "recorder/sql_statement.hpp"
#include "recorder/sql_tables.hpp"
#include "recorder/trouble.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>

namespace stalewatch::recorder {
namespace {

/// Rows of one INSERT: beyond some hundreds a statement gets no faster, and SQLite takes 32,766
/// parameters.
constexpr std::size_t rows_per_insert = 500;

/// A row that fits no statement which the server reads.
struct TooLong {};

/// What hinders at a file, where there is nobody to let us in or not.
const char* what_of_sqlite_file(const std::string& code) {
  switch (std::atoi(code.c_str()) & 0xff) {  // what is above says more than anybody needs
    case 1:                                  // SQLITE_ERROR: no such table, no such column
    case 19:                                 // SQLITE_CONSTRAINT
      return "the database's tables are not as the recorder needs them";
    case 11:  // SQLITE_CORRUPT
      return "the database's file is damaged";
    case 26:  // SQLITE_NOTADB
      return "the database's file is no SQLite database";
    default:
      return "the database's file cannot be opened, written or used";
  }
}

/// The values of one statement. SOCI keeps pointers into it until the statement is done.
class Parameters {
 public:
  explicit Parameters(std::size_t count) { bound_.reserve(count); }

  void add(soci::statement& statement, Value value) {
    Bound& bound = bound_.emplace_back();
    bound.indicator = std::holds_alternative<std::monostate>(value) ? soci::i_null : soci::i_ok;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      bound.number = *number;
      statement.exchange(soci::use(bound.number, bound.indicator));
    } else if (const auto* real = std::get_if<double>(&value)) {
      bound.real = *real;
      statement.exchange(soci::use(bound.real, bound.indicator));
    } else {
      if (auto* text = std::get_if<std::string>(&value)) bound.text = std::move(*text);
      statement.exchange(soci::use(bound.text, bound.indicator));
    }
  }

 private:
  struct Bound {
    long long number = 0;
    double real = 0;
    std::string text;
    soci::indicator indicator = soci::i_ok;
  };
  std::vector<Bound> bound_;
};

class SqlEventStore : public EventStore {
 public:
  explicit SqlEventStore(const DatabaseConfig& config)
      : config_(config), engine_(config.engine), names_(config.table) {}

  Opened open() override {
    std::optional<Cursor> cursor;
    const auto error = guarded([&] {
      session_.reset();
      if (const auto why = unusable(config_); !why.empty()) throw NotSetUp(why);
      put_leftovers_aside();
      session_ = open_session(config_, is_refused_);
      if (engine_ == Engine::sqlite) marked_ = begin_log(*session_, config_.database);
      check_place();
      if (makes_tables_in_transaction(engine_)) *session_ << begin(engine_);
      check_session(*session_, engine_);
      longest_statement_ = longest_statement(*session_, engine_);
      make_or_check_tables(*session_, engine_, names_, told_missing_);
      position_ = cursor = read_cursor();
      if (makes_tables_in_transaction(engine_)) *session_ << "COMMIT";
    });
    if (error) return *error;
    return cursor;
  }

  Written write(const std::string& journal, std::span<const Event> events,
                const std::optional<Cursor>& cursor) override {
    Rows rows;
    const auto error = guarded([&] {
      begin_transaction();
      rows = insert_all(journal, events);
      if (cursor) store_cursor(*cursor);
      commit();
      if (cursor) position_ = cursor;
    });
    if (error) return *error;
    return rows;
  }

  WrittenLines write_lines(const std::string& journal, std::span<const Event> lines,
                           std::span<const std::int64_t> watched) override {
    LinesStored stored;
    const auto error = guarded([&] {
      begin_transaction();
      const std::set<std::int64_t> looked_for(watched.begin(), watched.end());
      stored.watched_are_there =
          stored_of(names_.events, journal, looked_for, select_stored) == looked_for;
      std::set<std::int64_t> numbers;
      for (const Event& line : lines) numbers.insert(line.seq);
      stored.there_before = stored_of(names_.events, journal, numbers, select_stored);
      stored.rows = insert_all(journal, lines);
      std::set_difference(numbers.begin(), numbers.end(), stored.there_before.begin(),
                          stored.there_before.end(),
                          std::inserter(perhaps_stored_, perhaps_stored_.end()));
      commit();
    });
    if (error) return *error;
    return stored;
  }

  Held held(const std::string& journal, std::int64_t after, std::int64_t last) override {
    std::vector<std::int64_t> found;
    const auto error = guarded([&] {
      begin_transaction();
      for_each_seq(select_held(engine_, names_.events, after, last, held_page), journal,
                   [&](std::int64_t seq) { found.push_back(seq); });
      commit();
    });
    if (error) return *error;
    return found;
  }

  std::string describe() const override { return recorder::describe(config_); }

 private:
  /// Runs `work`; any failure closes the session (and with it rolls back) and becomes one line.
  template <typename Work>
  std::optional<StoreError> guarded(Work work) {
    std::optional<StoreError> error;
    perhaps_stored_.clear();
    is_committing_ = false;
    try {
      work();
    } catch (const soci::soci_error& e) {
      error = explain(trouble_of(engine_, e), code_of(e), message_of(e));
    } catch (const TooLong&) {
      error = explain(Trouble::data, "max_allowed_packet", {});
    } catch (const NotSetUp& e) {
      error = StoreError{Trouble::configuration, std::string(e.what()) + " " + describe()};
    } catch (const std::filesystem::filesystem_error& e) {
      error = StoreError{Trouble::configuration,
                         "the folder of the database's file cannot be made: " + e.code().message() +
                             " " + describe()};
    } catch (const std::exception& e) {
      error = explain(Trouble::refused, "none", e.what());
    }
    if (error) close();
    if (error && is_committing_) error->perhaps_stored = std::move(perhaps_stored_);
    return error;
  }

  void close() {
    try {
      session_.reset();
    } catch (const std::exception&) {
      session_ = nullptr;  // closing a lost connection failed: there is nothing left to close
    }
  }

  StoreError explain(Trouble trouble, const std::string& code, std::string message) const {
    static constexpr const char* what[] = {
        "the database is not reachable", "the database cannot take rows now",
        "the database does not let us in or is not set up", "the database refuses a row"};
    const bool file = engine_ == Engine::sqlite && trouble == Trouble::configuration;
    std::string text =
        std::string(file ? what_of_sqlite_file(code) : what[static_cast<std::size_t>(trouble)]) +
        " " + describe() + " code=" + code;
    text += tls_hint(config_, code, message);
    // What a server says of data quotes the data; of the rest it helps a person.
    if (trouble != Trouble::data)
      text += " says=\"" + quotable(std::move(message), config_.password.reveal()) + "\"";
    return {trouble, std::move(text)};
  }

  /// Of a file that lay in this one's place, while it was open or before a start.
  void put_leftovers_aside() {
    if (engine_ != Engine::sqlite) return;
    if (const auto why = stalewatch::put_leftovers_aside(config_.database, marked_); !why.empty())
      throw NotSetUp(why);
  }

  void begin_transaction() {
    if (!session_) throw soci::soci_error("not connected");
    *session_ << begin(engine_);
  }

  void commit() {
    check_place();
    is_committing_ = true;
    *session_ << "COMMIT";
  }

  void check_place() {
    if (engine_ == Engine::sqlite && has_moved(*session_))
      throw NotSetUp(
          "the database's file was moved away, deleted or replaced while it was open; what lies "
          "there now is opened, and recorded into from where it stands");
  }

  std::optional<Cursor> read_cursor() {
    Cursor cursor;
    long long seq = 0;
    *session_ << "SELECT journal_id, number FROM " + quoted(engine_, names_.meta) +
                     " WHERE name = 'cursor'",
        soci::into(cursor.journal), soci::into(seq);
    if (!session_->got_data()) return std::nullopt;
    cursor.seq = seq;
    return cursor;
  }

  /// What refuses the position is no event's fault: none may be set aside for it.
  void store_cursor(const Cursor& cursor) {
    try {
      write_cursor(cursor);
    } catch (const soci::soci_error& e) {
      if (trouble_of(engine_, e) != Trouble::data) throw;
      throw NotSetUp("the table " + names_.meta + " refuses how far the journal is recorded: " +
                     escape_untrusted(message_of(e), 200));
    }
  }

  void write_cursor(const Cursor& cursor) {
    const std::string meta = quoted(engine_, names_.meta);
    const long long seq = cursor.seq;
    if (!position_) {
      *session_ << "INSERT INTO " + meta + " (name, journal_id, number) VALUES ('cursor', :j, :n)",
          soci::use(cursor.journal), soci::use(seq);
      return;
    }
    const long long before = position_->seq;
    auto update = nameless(*session_,
                           "UPDATE " + meta +
                               " SET journal_id = :j, number = :n WHERE name = 'cursor' AND "
                               "journal_id = :k AND number = :m",
                           soci::use(cursor.journal), soci::use(seq), soci::use(position_->journal),
                           soci::use(before));
    update.execute(true);
    if (update.get_affected_rows() == 0)
      throw NotSetUp("the table " + names_.meta +
                     " has another position than was stored last: the database was restored, or "
                     "another recorder stores there, which is to be stopped; going on from there");
  }

  /// The rows that it made.
  Rows insert_all(const std::string& journal, std::span<const Event> events) {
    return {.updates = insert(names_.updates, update_columns(), journal, events, is_update),
            .events = insert(names_.events, event_columns(), journal, events,
                             [](const Event&) { return true; })};
  }

  /// How many rows it made.
  template <typename Filter>
  std::size_t insert(const std::string& table, std::span<const Column> columns,
                     const std::string& journal, std::span<const Event> events, Filter filter) {
    std::vector<const Event*> chosen;
    for (const Event& event : events)
      if (filter(event)) chosen.push_back(&event);
    const std::size_t head = insert_rows(engine_, table, columns, 0).size();
    const std::size_t room = longest_statement_ - std::min(longest_statement_, head);
    const auto fitting = std::clamp<std::size_t>(room / longest_row(columns), 1, rows_per_insert);
    std::size_t made = 0;
    for (std::size_t first = 0; first < chosen.size(); first += fitting) {
      const auto rows = std::span(chosen).subspan(first, std::min(fitting, chosen.size() - first));
      try {
        made += insert_new(table, columns, journal, rows);
      } catch (const soci::soci_error& e) {
        // The server may hang up on a row that is too long, before it says so.
        if (rows.size() == 1 && trouble_of(engine_, e) == Trouble::connection &&
            row_bytes(columns, *rows[0]) > room)
          throw TooLong();
        throw;
      }
    }
    return made;
  }

  /// Those that are stored already stay as they are; any other violation of a key is an error.
  std::size_t insert_new(const std::string& table, std::span<const Column> columns,
                         const std::string& journal, std::span<const Event* const> rows) {
    try {
      return execute_insert(table, columns, journal, rows);
    } catch (const soci::soci_error& e) {
      if (!is_duplicate_of_mysql(e)) throw;
      std::set<std::int64_t> numbers;
      for (const Event* event : rows) numbers.insert(event->seq);
      const auto stored = stored_of(table, journal, numbers, select_stored_and_lock);
      if (stored.empty()) throw;
      std::vector<const Event*> rest;
      std::copy_if(rows.begin(), rows.end(), std::back_inserter(rest),
                   [&](const Event* event) { return !stored.contains(event->seq); });
      return rest.empty() ? 0 : execute_insert(table, columns, journal, rest);
    }
  }

  /// Which of these are stored.
  template <typename Select>
  std::set<std::int64_t> stored_of(const std::string& table, const std::string& journal,
                                   const std::set<std::int64_t>& numbers, Select select) {
    if (numbers.empty()) return {};
    const std::vector<std::int64_t> all(numbers.begin(), numbers.end());
    std::set<std::int64_t> found;
    for_each_seq(select(engine_, table, all), journal,
                 [&](std::int64_t seq) { found.insert(seq); });
    return found;
  }

  /// Of the rows that a SELECT finds, which takes the journal twice.
  template <typename Each>
  void for_each_seq(const std::string& select_seqs, const std::string& journal, Each each) {
    long long seq = 0;
    auto select =
        nameless(*session_, select_seqs, soci::into(seq), soci::use(journal), soci::use(journal));
    for (select.execute(); select.fetch();) each(seq);
  }

  std::size_t execute_insert(const std::string& table, std::span<const Column> columns,
                             const std::string& journal, std::span<const Event* const> rows) {
    Parameters parameters(rows.size() * (columns.size() + 1));
    soci::statement statement(*session_);
    for (const Event* event : rows) {
      parameters.add(statement, journal);
      for (const Column& column : columns) parameters.add(statement, column.of(*event));
    }
    prepare_nameless(statement, insert_rows(engine_, table, columns, rows.size()));
    statement.execute(true);
    return std::min(rows.size(),
                    static_cast<std::size_t>(std::max(0LL, statement.get_affected_rows())));
  }

  DatabaseConfig config_;
  Engine engine_;
  TableNames names_;
  std::unique_ptr<soci::session> session_;
  std::optional<Cursor> position_;         ///< as it is in the database
  std::set<std::int64_t> perhaps_stored_;  ///< if the commit that is under way takes effect
  bool is_committing_ = false;
  std::set<std::string> told_missing_;
  bool is_refused_ = false;  ///< by the last attempt to connect
  SqliteFiles marked_;
  std::size_t longest_statement_ = 0;
};

}  // namespace

std::unique_ptr<EventStore> make_sql_event_store(const DatabaseConfig& config) {
  return std::make_unique<SqlEventStore>(config);
}

}  // namespace stalewatch::recorder
