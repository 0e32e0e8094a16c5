#pragma once

// Names to addresses, never in the way: libcurl would start a thread for each lookup and join it
// when the transfer ends, so that a dead name service stalls everything. Here a bounded set of
// threads looks up, each name once.

#include "common/base/time.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace stalewatch::prober {

/// What a lookup came to.
struct Lookup {
  /// no_answer: the name service was silent or in trouble, which says nothing of the name.
  enum class State { pending, found, not_found, no_answer };
  State state = State::pending;
  std::string addresses;  ///< "192.0.2.1,[2001:db8::1]"
};

class Resolver {
 public:
  /// Blocks until the lookup has ended, in any state but `pending`.
  using Function = std::function<Lookup(const std::string& host)>;
  static Lookup system_lookup(const std::string& host);

  explicit Resolver(Function function = system_lookup);
  ~Resolver();  ///< does not wait for lookups that hang
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// What is known of a name; asks when that is nothing or old. Addresses are used for 60 s, then
  /// looked up again behind the scenes, and for 10 minutes at most while the name service does not
  /// answer.
  Lookup find(const std::string& host, SteadyTime now);

  /// Readable when lookups have ended.
  int fd() const;
  /// Takes what has ended; true if there was any.
  bool turn(SteadyTime now);

 private:
  struct Shared;
  struct Known {
    Lookup lookup;
    SteadyTime answered{};
    SteadyTime used{};
    bool asking = false;
  };
  void ask(const std::string& host, Known& known);
  void forget_unused(SteadyTime now);

  std::shared_ptr<Shared> shared_;
  std::unordered_map<std::string, Known> known_;
  SteadyTime last_forgotten_{};
};

}  // namespace stalewatch::prober
