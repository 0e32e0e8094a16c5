#include "recorder/sql_event_store.hpp"

#include "common/base/text.hpp"
#include "common/process/log.hpp"
#include "common/process/private_files.hpp"
#include "recorder/dialect.hpp"
#include "recorder/trouble.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace stalewatch::recorder {
namespace {

/// Rows of one INSERT: beyond some hundreds a statement gets no faster, and SQLite takes 32,766
/// parameters.
constexpr std::size_t rows_per_insert = 500;

/// The tables are not as they should be: nothing to do with the connection.
struct NotOurs : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Trouble trouble_of(Engine engine, const soci::soci_error& error) {
  if (const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&error))
    return trouble_of_mysql(mysql->err_num_);
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error))
    return trouble_of_sqlite(sqlite->result());
  if (const auto* postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error))
    return trouble_of_postgresql(postgresql->sqlstate(), error.get_error_message());
  if (engine == Engine::postgresql) return trouble_of_postgresql({}, error.get_error_message());
  return Trouble::connection;
}

/// For who has rows of another program in a table of the configured name.
std::string suggested_table(const std::string& taken) {
  return taken == "stalewatch_updates" ? "stalewatch_rows" : "stalewatch_updates";
}

std::string code_of(const soci::soci_error& error) {
  if (const auto* mysql = dynamic_cast<const soci::mysql_soci_error*>(&error))
    return std::to_string(mysql->err_num_);
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error))
    return std::to_string(sqlite->result());
  if (const auto* postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error))
    return postgresql->sqlstate();
  return "none";
}

/// What hinders at a file, where there is nobody to let us in or not.
const char* what_of_sqlite_file(const std::string& code) {
  if (code == "26") return "the database's file is no SQLite database";  // SQLITE_NOTADB
  if (code == "11") return "the database's file is damaged";             // SQLITE_CORRUPT
  return "the database's file cannot be opened, written or used";
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
      if (const auto why = unusable(config_); !why.empty()) throw NotOurs(why);
      connect();
      make_or_check_tables();
      cursor = read_cursor();
    });
    if (error) return *error;
    return cursor;
  }

  std::optional<StoreError> write(const std::string& journal, std::span<const Event> events,
                                  const std::optional<Cursor>& cursor) override {
    return guarded([&] {
      if (!session_) throw soci::soci_error("not connected");
      check_place();
      *session_ << begin(engine_);
      insert(names_.updates, update_columns(), journal, events, is_update);
      insert(names_.events, event_columns(), journal, events, [](const Event&) { return true; });
      if (cursor) write_cursor(*cursor);
      *session_ << "COMMIT";
    });
  }

  std::string describe() const override { return recorder::describe(config_); }

 private:
  /// Runs `work`; any failure closes the session (and with it rolls back) and becomes one line.
  template <typename Work>
  std::optional<StoreError> guarded(Work work) {
    std::optional<StoreError> error;
    try {
      work();
    } catch (const soci::soci_error& e) {
      error = explain(trouble_of(engine_, e), code_of(e), e.get_error_message());
    } catch (const NotOurs& e) {
      error = StoreError{Trouble::configuration, std::string(e.what()) + " " + describe()};
    } catch (const std::filesystem::filesystem_error& e) {
      error = StoreError{Trouble::configuration,
                         "the folder of the database's file cannot be made: " + e.code().message() +
                             " " + describe()};
    } catch (const std::exception& e) {
      error = explain(Trouble::refused, "none", e.what());
    }
    if (error) close();
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
    // What a server says of data quotes the data; of the rest it helps a person.
    if (trouble != Trouble::data) {
      const std::string& password = config_.password.reveal();
      for (std::size_t at = 0;
           !password.empty() && (at = message.find(password, at)) != std::string::npos; at += 3)
        message.replace(at, password.size(), "***");
      for (const char c : {'\n', '\t'}) std::replace(message.begin(), message.end(), c, ' ');
      std::replace(message.begin(), message.end(), '"', '\'');  // it stands in quotes itself
      text += " says=\"" + escape_untrusted(message) + "\"";
    }
    return {trouble, std::move(text)};
  }

  void connect() {
    if (engine_ == Engine::sqlite) {
      const auto directory = std::filesystem::path(config_.database).parent_path();
      if (const auto error = make_private_folders(directory))
        throw std::filesystem::filesystem_error("its folder", directory, error);
    }
    session_ = std::make_unique<soci::session>(backend_of(engine_), connect_string(config_));
    if (engine_ == Engine::sqlite) {
      std::string mode;
      *session_ << "PRAGMA journal_mode=WAL", soci::into(mode);
    }
    for (const std::string& setting : session_settings(engine_)) *session_ << setting;
  }

  /// Rows in a file that its path does not name any more are read by nobody.
  void check_place() {
    if (engine_ != Engine::sqlite) return;
    auto* const backend = static_cast<soci::sqlite3_session_backend*>(session_->get_backend());
    int moved = 0;
    if (sqlite_api::sqlite3_file_control(backend->conn_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
            SQLITE_OK &&
        moved != 0)
      throw NotOurs(
          "the database's file was moved away, deleted or replaced while it was open; what lies "
          "there now is opened, and what the journal still holds is recorded into it");
  }

  std::set<std::string> columns_of(const std::string& table) {
    const soci::rowset<std::string> rows =
        (session_->prepare << select_columns(engine_), soci::use(table));
    return {rows.begin(), rows.end()};
  }

  /// The meta table is made first and marks the others as ours; whatever is there without it is
  /// somebody else's.
  void make_or_check_tables() {
    const bool ours = !columns_of(names_.meta).empty();
    if (!ours) {
      for (const std::string& name : {names_.updates, names_.events, names_.readable})
        if (!columns_of(name).empty())
          throw NotOurs("a table '" + name +
                        "' exists that the recorder did not make; nothing was changed or stored. "
                        "Set credentials.DB.table: " +
                        suggested_table(names_.updates) +
                        " (docs/migrating.md), or rename that one.");
      *session_ << create_meta(engine_, names_);
    }
    check_columns(names_.meta, {"name", "journal_id", "number"});
    check_version();
    if (make_or_check(names_.updates, update_columns(), create_updates(engine_, names_)))
      *session_ << create_updates_index(engine_, names_);
    make_or_check(names_.events, event_columns(), create_events(engine_, names_));
    make_view();
  }

  /// True when it was made.
  bool make_or_check(const std::string& table, std::span<const Column> columns,
                     const std::string& create) {
    if (columns_of(table).empty()) {
      *session_ << create;
      return true;
    }
    std::vector<std::string> names{"journal_id"};
    for (const Column& column : columns) names.push_back(column.name);
    check_columns(table, names);
    return false;
  }

  void check_columns(const std::string& table, const std::vector<std::string>& expected) {
    const auto found = columns_of(table);
    std::string missing;
    for (const std::string& name : expected)
      if (!found.contains(name)) missing += (missing.empty() ? "" : ", ") + name;
    if (!missing.empty())
      throw NotOurs(
          "the table '" + table + "' is not as the recorder made it: it lacks " + missing +
          "; nothing was changed. Add them, or name another one as credentials.DB.table.");
  }

  void check_version() {
    long long version = 0;
    *session_ << "SELECT number FROM " + quoted(engine_, names_.meta) + " WHERE name = 'schema'",
        soci::into(version);
    if (!session_->got_data()) {
      *session_ << "INSERT INTO " + quoted(engine_, names_.meta) +
                       " (name, journal_id, number) VALUES ('schema', '', " +
                       std::to_string(schema_version) + ")";
    } else if (version != schema_version) {
      throw NotOurs("the tables have schema version " + std::to_string(version) +
                    ", this recorder knows " + std::to_string(schema_version) +
                    "; nothing was changed. Run the newer recorder, or name another table.");
    }
  }

  /// Without the view everything is stored all the same; some accounts may create tables but no
  /// views.
  void make_view() {
    if (!columns_of(names_.readable).empty()) return;
    try {
      *session_ << create_readable(engine_, names_);
    } catch (const soci::soci_error& e) {
      if (trouble_of(engine_, e) != Trouble::configuration) throw;
      log::warn("the view for people could not be made view={} code={}", names_.readable,
                code_of(e));
    }
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

  void write_cursor(const Cursor& cursor) {
    const std::string meta = quoted(engine_, names_.meta);
    const long long seq = cursor.seq;
    soci::statement update =
        (session_->prepare << "UPDATE " + meta +
                                  " SET journal_id = :j, number = :n WHERE name = 'cursor'",
         soci::use(cursor.journal), soci::use(seq));
    update.execute(true);
    if (update.get_affected_rows() == 0)
      *session_ << "INSERT INTO " + meta + " (name, journal_id, number) VALUES ('cursor', :j, :n)",
          soci::use(cursor.journal), soci::use(seq);
  }

  template <typename Filter>
  void insert(const std::string& table, std::span<const Column> columns, const std::string& journal,
              std::span<const Event> events, Filter filter) {
    std::vector<const Event*> chosen;
    for (const Event& event : events)
      if (filter(event)) chosen.push_back(&event);
    for (std::size_t first = 0; first < chosen.size(); first += rows_per_insert) {
      const auto rows =
          std::span(chosen).subspan(first, std::min(rows_per_insert, chosen.size() - first));
      Parameters parameters(rows.size() * (columns.size() + 1));
      soci::statement statement(*session_);
      for (const Event* event : rows) {
        parameters.add(statement, journal);
        for (const Column& column : columns) parameters.add(statement, column.of(*event));
      }
      statement.alloc();
      statement.prepare(insert_rows(engine_, table, columns, rows.size()));
      statement.define_and_bind();
      statement.execute(true);
    }
  }

  DatabaseConfig config_;
  Engine engine_;
  TableNames names_;
  std::unique_ptr<soci::session> session_;
};

}  // namespace

std::unique_ptr<EventStore> make_sql_event_store(const DatabaseConfig& config) {
  return std::make_unique<SqlEventStore>(config);
}

}  // namespace stalewatch::recorder
