#pragma once

// Who reads a configuration.

namespace stalewatch {

/// Each needs the secrets and variables of its own task only; those of others it may be unable to
/// have: a prober has no access to the database's password. Everything else is checked all the
/// same.
enum class ConfigUser : unsigned {
  aggregator = 1,
  prober = 2,  ///< gets its targets from the aggregator
  standalone_prober = 4,
  notifier = 8,
  recorder = 16,
  command = 32,    ///< of a person; it only calls the aggregator
  everybody = 63,  ///< as check-config reads
};

constexpr ConfigUser operator|(ConfigUser a, ConfigUser b) {
  return static_cast<ConfigUser>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// Whether one of `users` is among `others`.
constexpr bool are_among(ConfigUser users, ConfigUser others) {
  return (static_cast<unsigned>(users) & static_cast<unsigned>(others)) != 0;
}

}  // namespace stalewatch
