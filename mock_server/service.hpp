#pragma once

// From requests to the model and back: the routes, and the one lock.

#include "mock_server/connection.hpp"
#include "mock_server/http_server.hpp"
#include "mock_server/model.hpp"

#include <httplib.h>

#include <functional>
#include <mutex>

namespace stalewatch::mock_server {

class Service {
 public:
  /// `listening_changed` is called after the answer to a control request that opened or closed the
  /// port was sent.
  Service(Model model, std::function<void()> listening_changed)
      : model_(std::move(model)), listening_changed_(std::move(listening_changed)) {}

  Afterwards handle(Connection& connection, const httplib::Request& request,
                    httplib::Response& response);
  Listening listening(Timestamp now);

 private:
  Afterwards control(const httplib::Request& request, httplib::Response& response);
  void log(const httplib::Request& request, httplib::Response& response);
  void received(const httplib::Request& request, httplib::Response& response);
  void hook(Connection& connection, const httplib::Request& request, httplib::Response& response);
  Afterwards watched_path(Connection& connection, const httplib::Request& request,
                          httplib::Response& response);

  std::mutex mutex_;
  Model model_;
  std::function<void()> listening_changed_;
};

}  // namespace stalewatch::mock_server
