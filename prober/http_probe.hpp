#pragma once

// GET requests, thousands at the same time, in one thread: libcurl's multi interface over epoll.
// Nothing here waits; the caller polls fd() and resolver_fd() until deadline() and calls turn().

#include "common/messages/messages.hpp"
#include "prober/resolver.hpp"
#include "prober/transfer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::prober {

/// Where a target is asked.
struct Endpoint {
  std::string url;  ///< its address as it is sent
  /// The name that has to be looked up before; empty for addresses by number and for proxies.
  std::string host;
  std::uint16_t port = 0;  ///< of the host
};
Endpoint endpoint_of(const TargetSpec& spec);

class HttpProbe {
 public:
  struct Settings {
    std::int32_t max_connections = 1000;  ///< kept open between requests
    std::string user_agent;
    Resolver::Function lookup = Resolver::system_lookup;
  };
  /// `ticket` is what start() was given. Called from turn() only.
  using Done = std::function<void(std::uint64_t ticket, const Transfer& transfer)>;

  HttpProbe(Settings settings, Done done);
  ~HttpProbe();  ///< ends what is under way without a word; never waits
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

  /// Starts a request. `spec` need not outlive the call; its end comes through `done`, always.
  void start(std::uint64_t ticket, const TargetSpec& spec, const Endpoint& endpoint,
             const Now& now);
  /// Carries on whatever can be.
  void turn(const Now& now);

  std::size_t in_flight() const { return in_flight_; }
  int fd() const { return epoll_; }
  int resolver_fd() const { return resolver_.fd(); }
  /// When turn() has something to do even if no descriptor is ready.
  std::optional<SteadyTime> deadline() const;

 private:
  struct Slot;
  struct Callbacks;

  Slot& free_slot();
  void look_up(Slot& slot, const Now& now);
  void launch(Slot& slot, const Now& now);
  void look_up_waiting(const Now& now, bool answers);
  void serve_sockets();
  void fire_timer();
  void collect(const Now& now);
  void finish(Slot& slot, const Now& now);

  std::string user_agent_;
  Done done_;
  Resolver resolver_;
  int epoll_ = -1;
  void* multi_ = nullptr;  ///< CURLM
  /// Never shrinks: connections refer to their slot's HandshakeWatch.
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  std::vector<Slot*> looking_up_;
  std::vector<Slot*> ended_;  ///< without libcurl: their names do not resolve
  std::size_t in_flight_ = 0;
  SteadyTime now_{};  ///< of the turn under way, for libcurl's timer callback
  std::optional<SteadyTime> timer_;
};

}  // namespace stalewatch::prober
