#pragma once

// Random instances of every message, made from for_each_field, so that a new field is covered as it
// comes.

#include "common/messages/json_lines.hpp"
#include "common/messages/messages.hpp"

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace stalewatch::testing {

/// STALEWATCH_SEED, to repeat a failure, or another one each time. Tests print it on failure.
inline unsigned random_seed() {
  if (const char* text = std::getenv("STALEWATCH_SEED"))
    return static_cast<unsigned>(std::strtoul(text, nullptr, 10));
  return std::random_device{}();
}

class RandomMessages {
 public:
  explicit RandomMessages(unsigned seed) : engine_(seed) {}

  template <typename M>
  M make() {
    M message;
    for_each_field(message, [&](const char*, auto& value) { fill(value); });
    return message;
  }

  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
  }

 private:
  bool coin() { return number(0, 1) == 1; }

  // Times between the years 0 and 9999, and durations of either sign: what every form can carry.
  void fill(Timestamp& t) {
    t = timestamp_from_us(number(-62'000'000'000'000'000, 253'000'000'000'000'000));
  }
  void fill(Duration& d) {
    d = Duration{coin() ? number(-2'000'000, 2'000'000) : number(-(1LL << 58), 1LL << 58)};
  }
  void fill(bool& b) { b = coin(); }
  void fill(Outcome& o) {
    const auto n = static_cast<std::size_t>(number(0, known_outcomes));
    o = n == known_outcomes ? Outcome::unknown : static_cast<Outcome>(n);
  }
  void fill(EventKind& k) {
    const auto n = static_cast<std::size_t>(number(0, known_kinds));
    k = n == known_kinds ? EventKind::unknown("of_the_future") : EventKind(static_cast<Kind>(n));
  }
  template <typename T>
  requires(std::is_integral_v<T>) void fill(T& n) {
    n = static_cast<T>(number(0, coin() ? 200 : std::numeric_limits<std::int64_t>::max()));
    if (std::is_signed_v<T> && coin()) n = static_cast<T>(-n);
  }
  void fill(std::string& text) {
    static const std::vector<std::string> pieces = {
        "a", "Z",  "0",    " ",    "\"", "\\", "/", "\n", "\t", "\x1b", std::string(1, '\0'),
        "é", "東", "🙂", "\x7f", "{",  "}",  "[", "]",  ":",  ","};
    text.clear();
    for (auto n = number(0, coin() ? 3 : 40); n > 0; --n)
      text +=
          pieces[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(pieces.size()) - 1))];
  }
  void fill(std::map<std::string, std::string>& m) {
    for (auto n = number(0, 3); n > 0; --n) {
      std::string key;
      fill(key);
      fill(m[key]);
    }
  }
  template <typename T>
  void fill(std::optional<T>& value) {
    if (coin()) fill(value.emplace());
  }
  template <typename T>
  void fill(std::vector<T>& values) {
    values.resize(static_cast<std::size_t>(number(0, 3)));
    for (auto& value : values) fill(value);
  }
  template <HasFields M>
  void fill(M& message) {
    message = make<M>();
  }

  std::mt19937 engine_;
};

}  // namespace stalewatch::testing
