#pragma once

// Metrics without labels, made in one line each. For the .cpp files that keep a process' metrics.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstdint>

namespace stalewatch {

inline prometheus::Counter& counter(prometheus::Registry& registry, const char* name,
                                    const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

inline prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name,
                                const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

/// Shows a number of ours that only ever grows.
inline void raise_to(prometheus::Counter& shown, std::uint64_t value) {
  shown.Increment(static_cast<double>(value) - shown.Value());
}

}  // namespace stalewatch
