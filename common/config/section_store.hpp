#pragma once

#include <algorithm>
#include <any>
#include <map>
#include <typeindex>

namespace stalewatch {

/// Values of sections that are known only to who uses them, by their type: each at most once.
class SectionStore {
 public:
  /// nullptr: there are none of this type.
  template <typename T>
  const T* find() const {
    const auto found = values_.find(typeid(T));
    return found == values_.end() ? nullptr : std::any_cast<T>(&found->second.value);
  }

  /// To be written to; made at their defaults when there are none.
  template <typename T>
  T& edit() {
    auto [place, fresh] = values_.try_emplace(typeid(T));
    if (fresh) place->second = {T{}, equal<T>};
    return *std::any_cast<T>(&place->second.value);
  }

  bool operator==(const SectionStore& other) const {
    return std::equal(values_.begin(), values_.end(), other.values_.begin(), other.values_.end(),
                      [](const auto& a, const auto& b) {
                        return a.first == b.first && a.second.equal(a.second.value, b.second.value);
                      });
  }

 private:
  struct Values {
    std::any value;
    bool (*equal)(const std::any&, const std::any&) = nullptr;
  };

  template <typename T>
  static bool equal(const std::any& a, const std::any& b) {
    return std::any_cast<const T&>(a) == std::any_cast<const T&>(b);
  }

  std::map<std::type_index, Values> values_;
};

}  // namespace stalewatch
