#pragma once

// From requests to the model and back: the routes, and the one lock.

#include "mock_server/http.hpp"
#include "mock_server/model.hpp"

#include <functional>
#include <mutex>

namespace stalewatch::mock_server {

class Service {
 public:
  /// `listening_changed` is called after the answer to a control request that opened or closed the
  /// port was sent.
  Service(Model model, std::function<void()> listening_changed)
      : model_(std::move(model)), listening_changed_(std::move(listening_changed)) {}

  Afterwards handle(Connection& connection, const Request& request, Response& response);
  Listening listening(Timestamp now);

 private:
  Afterwards control(const Request& request, Response& response);
  void log(const Request& request, Response& response);
  void received(const Request& request, Response& response);
  void hook(Connection& connection, const Request& request, Response& response);
  Afterwards watched_path(Connection& connection, const Request& request, Response& response);

  std::mutex mutex_;
  Model model_;
  std::function<void()> listening_changed_;
};

}  // namespace stalewatch::mock_server
