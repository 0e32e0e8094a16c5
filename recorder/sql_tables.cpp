#include "recorder/sql_tables.hpp"

#include "common/process/log.hpp"
#include "recorder/sql_errors.hpp"
#include "recorder/sql_statement.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace stalewatch::recorder {
namespace {

/// For who has rows of another program in a table of the configured name.
std::string suggested_table(const std::string& taken) {
  return taken == "stalewatch_updates" ? "stalewatch_rows" : "stalewatch_updates";
}

class Tables {
 public:
  Tables(soci::session& session, Engine engine, const TableNames& names,
         std::set<std::string>& told)
      : session_(session), engine_(engine), names_(names), told_(told) {}

  /// The meta table is made first and marks the others as ours; whatever is there without it is
  /// somebody else's.
  void make_or_check_all() {
    check_database_encoding();
    const bool ours = !columns_of(names_.meta).empty();
    if (!ours) {
      for (const std::string& name : {names_.updates, names_.events, names_.readable})
        if (!columns_of(name).empty())
          throw NotSetUp("a table '" + name +
                         "' exists that the recorder did not make; nothing was changed or stored. "
                         "Set credentials.DB.table: " +
                         suggested_table(names_.updates) +
                         " (docs/migrating.md), or rename that one.");
      session_ << create_meta(engine_, names_);
    }
    check_columns(names_.meta, {"name", "journal_id", "number"});
    check_version();
    if (make_or_check(names_.updates, update_columns(), create_updates(engine_, names_)))
      make_index();
    make_or_check(names_.events, event_columns(), create_events(engine_, names_));
    for (const std::string& name : {names_.updates, names_.events, names_.meta})
      check_transactions(name);
    for (const std::string& name : {names_.updates, names_.events}) check_key(name);
    tell_missing_index();
    make_view();
  }

 private:
  std::set<std::string> columns_of(const std::string& table) {
    std::set<std::string> found;
    std::string column;
    auto select = nameless(session_, select_columns(engine_), soci::into(column), soci::use(table));
    for (select.execute(); select.fetch();) found.insert(column);
    return found;
  }

  /// True when it was made.
  bool make_or_check(const std::string& table, std::span<const Column> columns,
                     const std::string& create) {
    if (columns_of(table).empty()) {
      session_ << create;
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
      throw NotSetUp(
          "the table '" + table + "' is not as the recorder made it: it lacks " + missing +
          "; nothing was changed. Add them, or name another one as credentials.DB.table.");
    check_column_encodings(table, expected);
  }

  /// Without transactions rows and position come apart when something fails between them.
  void check_transactions(const std::string& table) {
    const std::string select = select_engine_without_transactions(engine_);
    if (select.empty()) return;
    std::string found;
    session_ << select, soci::into(found), soci::use(table);
    if (session_.got_data())
      throw NotSetUp("the table '" + table + "' is of the storage engine " + found +
                     ", which has no transactions: rows would be there twice or not at all; "
                     "nothing was changed. Do: ALTER TABLE " +
                     quoted(engine_, table) + " ENGINE=InnoDB.");
  }

  /// By it what is stored already is known.
  void check_key(const std::string& table) {
    int found = 0;
    session_ << select_key(engine_), soci::into(found), soci::use(table);
    if (!session_.got_data())
      throw NotSetUp("the table '" + table +
                     "' has lost its key (journal_id, seq): rows would be there twice; nothing was "
                     "changed. Do: " +
                     create_key(engine_, table) + ".");
  }

  /// In a narrow character set one event after the other would be refused.
  void check_database_encoding() {
    const std::string select = select_database_encoding(engine_);
    if (select.empty()) return;
    std::string encoding;
    session_ << select, soci::into(encoding);
    if (!holds_every_character(encoding))
      throw NotSetUp("the database's character set is " + encoding +
                     ", which has not got every character; nothing was changed. Make one by "
                     "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and name it as "
                     "credentials.DB.db.");
  }

  /// Columns that people added are their own affair.
  void check_column_encodings(const std::string& table, const std::vector<std::string>& ours) {
    const std::string select = select_column_encodings(engine_);
    if (select.empty()) return;
    std::string column, encoding;
    auto rows =
        nameless(session_, select, soci::into(column), soci::into(encoding), soci::use(table));
    for (rows.execute(); rows.fetch();) {
      if (std::find(ours.begin(), ours.end(), column) == ours.end()) continue;
      if (!holds_every_character(encoding))
        throw NotSetUp("the table '" + table + "' has the character set " + encoding + " (column " +
                       column + "), which has not got every character; nothing was changed. Do: " +
                       widen_table(engine_, table) + ".");
    }
  }

  void check_version() {
    long long version = 0;
    session_ << "SELECT number FROM " + quoted(engine_, names_.meta) + " WHERE name = 'schema'",
        soci::into(version);
    if (!session_.got_data()) {
      session_ << "INSERT INTO " + quoted(engine_, names_.meta) +
                      " (name, journal_id, number) VALUES ('schema', '', " +
                      std::to_string(schema_version) + ")";
    } else if (version != schema_version) {
      throw NotSetUp("the tables have schema version " + std::to_string(version) +
                     ", this recorder knows " + std::to_string(schema_version) +
                     "; nothing was changed. Run the newer recorder, or name another table.");
    }
  }

  /// Without index and view everything is stored all the same. Only for a new table: an index of
  /// many rows takes longer than a session waits.
  void make_index() {
    try {
      try_to_make(create_updates_index(engine_, names_));
    } catch (const soci::soci_error& e) {
      if (!is_too_long_for_an_index(e)) return pass_over(e);
      try_to_make(create_updates_index(engine_, names_, true));
    }
  }

  void tell_missing_index() {
    int found = 0;
    const std::string index = updates_index(names_);
    session_ << select_index(engine_), soci::into(found), soci::use(names_.updates),
        soci::use(index);
    const bool is_missing = !session_.got_data();
    if (tell_of("index", is_missing))
      log::warn("queries by server read the whole table: it lacks an index; do: {}",
                create_updates_index(engine_, names_, is_mysql(engine_)));
  }

  /// Some accounts may create tables but no views.
  void make_view() {
    if (!columns_of(names_.readable).empty()) return;
    try {
      try_to_make(create_readable(engine_, names_));
      tell_of("view", false);
    } catch (const soci::soci_error& e) {
      pass_over(e);
      if (!tell_of("view", true)) return;
      log::warn("the view for people could not be made view={} code={}", names_.readable,
                code_of(e));
    }
  }

  /// A failure leaves what was done before in the same transaction.
  void try_to_make(const std::string& create) {
    const bool in_transaction = makes_tables_in_transaction(engine_);
    if (in_transaction) session_ << "SAVEPOINT before_it";
    try {
      session_ << create;
    } catch (const soci::soci_error& e) {
      if (in_transaction && trouble_of(engine_, e) != Trouble::connection)
        session_ << "ROLLBACK TO SAVEPOINT before_it";
      throw;
    }
  }

  /// Whether something that is missing is to be told: once, until it was there.
  bool tell_of(const std::string& what, bool is_missing) {
    if (is_missing) return told_.insert(what).second;
    told_.erase(what);
    return false;
  }

  /// What only a right or a setting hinders.
  void pass_over(const soci::soci_error& error) const {
    if (trouble_of(engine_, error) != Trouble::configuration) throw;
  }

  soci::session& session_;
  const Engine engine_;
  const TableNames& names_;
  std::set<std::string>& told_;
};

}  // namespace

void make_or_check_tables(soci::session& session, Engine engine, const TableNames& names,
                          std::set<std::string>& told) {
  Tables(session, engine, names, told).make_or_check_all();
}

}  // namespace stalewatch::recorder
