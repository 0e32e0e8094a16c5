#pragma once

// The aggregator's sockets as files: who deletes them takes the way to it from everybody.

#include "common/base/time.hpp"
#include "common/bus/bus.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

class Listening {
 public:
  /// Both are to outlive this.
  void add(AddressClaim& address, zmq::socket_t& socket) { all_.push_back({&address, &socket}); }

  /// Makes anew what was deleted; to be called each second. Told in the log: that, and once a
  /// minute why it cannot be.
  void look(SteadyTime now);
  /// Why somebody finds no way to us; empty: all do.
  const std::string& trouble() const { return trouble_; }

 private:
  struct One {
    AddressClaim* address;
    zmq::socket_t* socket;
  };
  std::vector<One> all_;
  std::string trouble_;
  std::optional<SteadyTime> told_;
};

}  // namespace stalewatch::aggregator
