#include "recorder/sql_postgresql.hpp"

#include "common/base/clocks.hpp"
#include "common/base/time.hpp"
#include "recorder/trouble.hpp"

#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>

#include <chrono>
#include <memory>
#include <utility>

namespace stalewatch::recorder {
namespace {

constexpr auto patience = std::chrono::seconds(3);

/// Until the connection is made or has failed, or that has taken too long.
void await(PGconn* connection) {
  if (PQstatus(connection) == CONNECTION_BAD) return;  // at once: there is nothing to poll
  const auto deadline = read_clocks().mono + patience;
  for (auto wants = PGRES_POLLING_WRITING;
       wants == PGRES_POLLING_READING || wants == PGRES_POLLING_WRITING;
       wants = PQconnectPoll(connection)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - read_clocks().mono);
    pollfd fd = {PQsocket(connection), POLLOUT, 0};
    if (wants == PGRES_POLLING_READING) fd.events = POLLIN;
    if (left.count() <= 0 || ::poll(&fd, 1, static_cast<int>(left.count())) <= 0) return;
  }
}

}  // namespace

void name_origin_of_errors(soci::session& session) {
  auto* const backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
  PQsetErrorVerbosity(backend->conn_, PQERRORS_VERBOSE);
}

namespace {

/// So that the same refusal reads the same whoever asked, and is told once.
std::string as_soci_says_it(const std::string& message, const std::string& state) {
  std::string line = message.substr(0, message.find('\n'));
  const auto at = line.find(state + ": ");
  if (!state.empty() && at != std::string::npos) line.erase(at, state.size() + 2);
  return "Cannot establish connection to the database.\n" + line + "\n";
}

}  // namespace

Refusal ask_for_refusal(const std::string& connect_string) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectStart(connect_string.c_str()), &PQfinish);
  if (!connection) return {};
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  await(connection.get());
  const std::string message = PQerrorMessage(connection.get());
  std::string state = state_in_postgresql(message);
  return {as_soci_says_it(message, state), std::move(state)};
}

}  // namespace stalewatch::recorder
