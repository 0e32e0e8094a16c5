#pragma once

#include <string>
#include <utility>
#include <variant>

namespace stalewatch {

/// What went wrong, said to a person: what, where, what to do.
struct Error {
  std::string message;
};

/// A value or the reason why there is none; for expected failures at the edges of the system
/// (std::expected is not in C++20).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Error error) : content_(std::move(error)) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() & { return std::get<0>(content_); }
  const T& operator*() const& { return std::get<0>(content_); }
  T&& operator*() && { return std::get<0>(std::move(content_)); }
  T* operator->() { return &std::get<0>(content_); }
  const T* operator->() const { return &std::get<0>(content_); }
  const std::string& error() const { return std::get<1>(content_).message; }

 private:
  std::variant<T, Error> content_;
};

}  // namespace stalewatch
