#include "mock_server/delivery.hpp"

#include <algorithm>
#include <memory>

namespace stalewatch::mock_server {
namespace {

/// Pieces of a chunked body: several even for a small one, so that a reader has to put them
/// together.
constexpr std::size_t chunk_bytes = 16;
/// "Never" for hanging answers: longer than any client waits. The end of the connection ends it at
/// once.
constexpr Duration for_ever = std::chrono::hours(24);

using Body = std::shared_ptr<const std::string>;

void deliver_chunked(const Answer& answer, const Body& body, httplib::Response& response) {
  response.set_chunked_content_provider(
      answer.content_type, [body](std::size_t offset, httplib::DataSink& sink) {
        const std::size_t size = std::min(chunk_bytes, body->size() - offset);
        if (size > 0 && !sink.write(body->data() + offset, size)) return false;
        if (offset + size == body->size()) sink.done();
        return true;
      });
}

void deliver_slowly(const Answer& answer, const Body& body, Connection& connection,
                    httplib::Response& response) {
  response.set_content_provider(body->size(), answer.content_type,
                                [body, pace = answer.pace, &connection](
                                    std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  return connection.pause(pace) &&
                                         sink.write(body->data() + offset, 1);
                                });
}

void deliver_half(const Answer& answer, const Body& body, Connection& connection,
                  httplib::Response& response) {
  const bool reset = answer.delivery == Delivery::reset;
  response.set_content_provider(
      body->size(), answer.content_type,
      [body, reset, &connection](std::size_t, std::size_t, httplib::DataSink& sink) {
        sink.write(body->data(), body->size() / 2);
        // Lets the half arrive before the reset, which would otherwise overtake it.
        if (reset) connection.pause(std::chrono::milliseconds(20));
        reset ? connection.reset() : connection.give_up();
        return false;
      });
}

}  // namespace

bool deliver(const Answer& answer, Connection& connection, httplib::Response& response) {
  if (answer.sleep > Duration::zero() && !connection.pause(answer.sleep)) return false;
  if (answer.delivery == Delivery::hang) connection.pause(for_ever);
  if (answer.delivery == Delivery::hang || answer.delivery == Delivery::refuse) {
    connection.reset();
    return false;
  }
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (answer.body.empty()) {
    response.set_header("Content-Type", answer.content_type);
    return true;
  }
  const auto body = std::make_shared<const std::string>(answer.body);
  switch (answer.delivery) {
    case Delivery::chunked:
      deliver_chunked(answer, body, response);
      break;
    case Delivery::trickle:
      deliver_slowly(answer, body, connection, response);
      break;
    case Delivery::reset:
    case Delivery::close_mid_body:
      deliver_half(answer, body, connection, response);
      break;
    default:
      response.set_content(answer.body, answer.content_type);
      break;
  }
  return true;
}

}  // namespace stalewatch::mock_server
