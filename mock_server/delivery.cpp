#include "mock_server/delivery.hpp"

namespace stalewatch::mock_server {
namespace {

/// Pieces of a chunked body: several even for a small one, so that a reader has to put them
/// together.
constexpr std::size_t chunk_bytes = 16;
/// "Never" for hanging answers: longer than any client waits. The end of the connection ends it at
/// once.
constexpr Duration for_ever = std::chrono::hours(24);

void deliver_chunked(Response& response) {
  response.chunked = true;
  response.next_piece = [](std::size_t) { return chunk_bytes; };
}

void deliver_slowly(Duration pace, Connection& connection, Response& response) {
  response.next_piece = [pace, &connection](std::size_t) -> std::size_t {
    return connection.pause(pace) ? 1 : 0;
  };
}

void deliver_half(bool reset, Connection& connection, Response& response) {
  response.next_piece = [reset, half = response.body.size() / 2,
                         &connection](std::size_t offset) -> std::size_t {
    if (offset < half) return half - offset;
    // Lets the half arrive before the reset, which would otherwise overtake it.
    if (reset && connection.pause(std::chrono::milliseconds(20))) connection.reset();
    return 0;
  };
}

}  // namespace

bool deliver(const Answer& answer, Connection& connection, Response& response) {
  const bool there = answer.sleep <= Duration::zero() || connection.pause(answer.sleep);
  if (there && answer.delivery == Delivery::hang) connection.pause(for_ever);
  if (!there || answer.delivery == Delivery::hang || answer.delivery == Delivery::refuse) {
    connection.reset();
    return false;
  }
  response.status = answer.status;
  response.content_type = answer.content_type;
  response.headers = answer.headers;
  response.body = answer.body;
  if (response.body.empty()) return true;
  switch (answer.delivery) {
    case Delivery::chunked:
      deliver_chunked(response);
      break;
    case Delivery::trickle:
      deliver_slowly(answer.pace, connection, response);
      break;
    case Delivery::reset:
    case Delivery::close_mid_body:
      deliver_half(answer.delivery == Delivery::reset, connection, response);
      break;
    default:
      break;
  }
  return true;
}

}  // namespace stalewatch::mock_server
