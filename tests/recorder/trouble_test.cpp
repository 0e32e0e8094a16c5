#include "recorder/trouble.hpp"

#include "recorder/connect_string.hpp"
#include "recorder/dialect.hpp"
#include "tests/catch.hpp"

namespace stalewatch::recorder {

TEST_CASE("error numbers of MySQL and MariaDB say what can help", "[recorder]") {
  for (const unsigned gone : {2002u, 2003u, 2005u, 2006u, 2013u, 1053u})
    CHECK(trouble_of_mysql(gone) == Trouble::connection);
  // too many connections, deadlock, lock wait, disk full, read-only, and whatever nobody knows
  for (const unsigned later : {1040u, 1213u, 1205u, 1021u, 1114u, 1290u, 9999u})
    CHECK(trouble_of_mysql(later) == Trouble::refused);
  for (const unsigned setup : {1044u, 1045u, 1049u, 1142u, 1146u, 1054u, 1048u, 1364u, 1526u, 2026u,
                               3159u, 1449u, 1305u, 1442u, 1286u, 1115u})
    CHECK(trouble_of_mysql(setup) == Trouble::configuration);
  for (const unsigned row : {1264u, 1292u, 1366u, 1406u, 1062u, 1153u, 1644u})
    CHECK(trouble_of_mysql(row) == Trouble::data);
}

TEST_CASE("result codes of SQLite, extended ones too, say what can help", "[recorder]") {
  for (const int later : {5, 6, 13, 10, 5 | (2 << 8)})
    CHECK(trouble_of_sqlite(later) == Trouble::refused);
  for (const int setup : {14, 8, 11, 26, 1, 1299})  // 1299: NOT NULL
    CHECK(trouble_of_sqlite(setup) == Trouble::configuration);
  for (const int row : {19, 18, 275, 1811, 2067})  // CHECK, what a trigger raises, UNIQUE
    CHECK(trouble_of_sqlite(row) == Trouble::data);
}

TEST_CASE("PostgreSQL's states, or its words where there is none, say what can help",
          "[recorder]") {
  for (const char* gone : {"08006", "57P01", "57P03", "     ", ""})
    CHECK(trouble_of_postgresql(gone, "") == Trouble::connection);
  for (const char* later : {"40P01", "40001", "53100", "53300", "55P03", "57014", "25006"})
    CHECK(trouble_of_postgresql(later, "") == Trouble::refused);
  for (const char* setup : {"28P01", "3D000", "42P01", "42501", "23502"})
    CHECK(trouble_of_postgresql(setup, "") == Trouble::configuration);
  for (const char* row : {"22021", "22003", "23505", "23514", "P0001", "54000"})
    CHECK(trouble_of_postgresql(row, "") == Trouble::data);
  CHECK(trouble_of_postgresql("23514", "...\nLOCATION:  ExecFindPartition, execPartition.c:338") ==
        Trouble::configuration);
  CHECK(trouble_of_postgresql("23514",
                              "...\nDETAIL:  Failing row contains (ExecFindPartition)."
                              "\nLOCATION:  ExecConstraints, execMain.c:2000") == Trouble::data);
  // PgBouncer's, which have the state of a broken protocol.
  CHECK(trouble_of_postgresql("08P01", "FATAL:  password authentication failed") ==
        Trouble::configuration);
  CHECK(trouble_of_postgresql("08P01", "ERROR:  no such database: x") == Trouble::configuration);
  CHECK(trouble_of_postgresql("08P01", "FATAL:  server conn crashed?") == Trouble::connection);
  CHECK(trouble_of_postgresql("", "SSL error: certificate verify failed") ==
        Trouble::configuration);
  CHECK(trouble_of_postgresql("", "SSL connection has been closed unexpectedly") ==
        Trouble::connection);
  CHECK(trouble_of_postgresql("08P01", "FATAL:  no more connections allowed") == Trouble::refused);
  CHECK(trouble_of_postgresql("", "connection to server failed: Connection refused") ==
        Trouble::connection);
}

TEST_CASE("the state of a refused connection is read from libpq's message", "[recorder]") {
  CHECK(
      state_in_postgresql("connection to server at \"::1\", port 5432 failed: Connection refused\n"
                          "connection to server at \"db\", port 5432 failed: FATAL:  28P01: no\n"
                          "LOCATION:  auth_failed, auth.c:338\n") == "28P01");
  CHECK(state_in_postgresql("failed: FATAL:  28000: a\nfailed: FATAL :  3D000: b\n") == "3D000");
  for (const char* other : {"", "\n", "  ", "  28P01", "28P01: x", "failed: Connection refused\n",
                            "  a2345: x\n", "  123: x", "LOCATION:  AUTHX, a: b"})
    CHECK(state_in_postgresql(other).empty());
}

TEST_CASE("a refused password is known by English words, too, and what is of the account",
          "[recorder]") {
  CHECK(state_by_words("FATAL:  password authentication failed for user \"me\"\n") == "28P01");
  CHECK(state_by_words("FATAL:  Passwort-Authentifizierung fehlgeschlagen\n").empty());
  CHECK(is_of_account("28P01"));
  CHECK(is_of_account("28000"));
  CHECK_FALSE(is_of_account("53300"));
  CHECK_FALSE(is_of_account(""));
}

TEST_CASE("people are not told where in its sources a server raised an error", "[recorder]") {
  CHECK(
      for_people_of_postgresql("ERROR:  23505: twice\nDETAIL:  Key (a)=(1)\nSCHEMA NAME:  public\n"
                               "TABLE NAME:  t\nLOCATION:  _bt_check_unique, nbtinsert.c:666\n") ==
      "ERROR:  23505: twice\nDETAIL:  Key (a)=(1)");
  CHECK(for_people_of_postgresql("FATAL:  x\n") == "FATAL:  x\n");
}

TEST_CASE("each transaction of PostgreSQL is in the account's schema, and waits for its disk",
          "[recorder]") {
  const std::string sql = begin(Engine::postgresql);
  CHECK(sql.starts_with("BEGIN; SET LOCAL search_path TO DEFAULT; SET LOCAL "));
  CHECK(sql.find("; SELECT set_config('synchronous_commit', 'on', true) WHERE ") != sql.npos);
  CHECK(begin(Engine::mariadb) == "BEGIN");
}

TEST_CASE("what people are told of a database has no password in it", "[recorder]") {
  DatabaseConfig config{.engine = Engine::mysql,
                        .host = "db.example",
                        .port = 3307,
                        .username = "me",
                        .password = Secret("hunter2"),
                        .database = "d",
                        .table = "t"};
  CHECK(describe(config) == "engine=mysql host=db.example:3307 db=d user=me table=t");
  CHECK(describe({.engine = Engine::sqlite, .database = "/a/b\n.db", .table = "t"}) ==
        "engine=sqlite file=/a/b\\n.db table=t");
  CHECK(connect_string(config).find("password='hunter2'") != std::string::npos);
}

TEST_CASE("names that could not be quoted are refused before anything is tried", "[recorder]") {
  CHECK(unusable({.table = "example_table"}).empty());
  CHECK(unusable({.table = std::string(50, 'x')}).empty());
  for (const auto& name :
       {std::string(), std::string(51, 'x'), std::string("a b"), std::string("a`b"),
        std::string("a.b"), std::string("a:b"), std::string("a\"b")})
    CHECK_FALSE(unusable({.table = name}).empty());
  const auto has = [](Engine engine, const char* password, const char* expected) {
    return connect_string({.engine = engine, .password = Secret(password)}).find(expected) !=
           std::string::npos;
  };
  CHECK(has(Engine::mysql, "it's\\", R"(password='it\'s\\')"));
  CHECK(has(Engine::postgresql, "it's 1\\", "&password=it%27s%201%5C&"));
}

TEST_CASE("what a database says fits a line of the log, without the password", "[recorder]") {
  CHECK(quotable("no \"a\"\n\tof \x1b[31m", "") == R"(no 'a'  of \x1b[31m)");
  CHECK(quotable("s3cret for me:s3cret@db", "s3cret") == "*** for me:***@db");
  CHECK(quotable("****", "*") == "************");
  CHECK(quotable(std::string(1'000, 'x'), "") == std::string(1'000, 'x'));
  CHECK(quotable(std::string(1'001, 'x'), "") == std::string(997, 'x') + "...");
  CHECK(quotable(std::string(5'000'000, 'x'), "").size() == 1'000);
  // What is cut has no piece of the password at its end.
  CHECK(quotable(std::string(995, 'x') + "s3cret", "s3cret") == std::string(995, 'x') + "***");
}

TEST_CASE("what makes TLS certain is handed to the client libraries", "[recorder]") {
  DatabaseConfig config{.engine = Engine::mariadb,
                        .host = "db",
                        .tls = {.mode = DatabaseTls::Mode::verify_full, .ca_file = "/a;b}.pem"}};
  const auto has = [&](const char* part) {
    return connect_string(config).find(part) != std::string::npos;
  };
  CHECK(has("host='host={db};ssl-enforce=1;ssl-verify-server-cert=1;ssl-ca={/a;b}}.pem}'"));
  config.tls.ca_file.clear();
  CHECK(has(";ssl-verify-server-cert=1;ssl-ca={/etc/ssl/certs/ca-certificates.crt}'"));
  config.engine = Engine::postgresql;
  CHECK(has("&sslrootcert=%2Fetc%2Fssl%2Fcerts%2Fca%2Dcertificates%2Ecrt"));
  config.tls.ca_file = "/a;b}.pem";
  CHECK(has("&sslmode=verify%2Dfull&sslrootcert=%2Fa%3Bb%7D%2Epem"));
  config.tls = {};
  CHECK_FALSE(has("ssl"));
  config.engine = Engine::mysql;
  CHECK(has("host='db'"));
}

}  // namespace stalewatch::recorder
