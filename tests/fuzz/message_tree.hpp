#pragma once

// Messages as trees of msgpack values: valid ones by chance, and what can go wrong with their
// fields and elements. The input of fuzz_messages.cpp is one tree, a list of steps [number, body].

#include "common/messages/wire.hpp"
#include "tests/common/messages/random_messages.hpp"

#include <msgpack.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace stalewatch::fuzz {

/// In the order of their numbers in an input.
using AllMessages = std::tuple<SampleBatch, Event, Beat, Hello, Targets, Lease, LeaseReply, Replay,
                               Replayed, Ack, Command, Reply, Goodbye>;
inline constexpr std::size_t message_count = std::tuple_size_v<AllMessages>;

/// When what the messages tell of happens, more or less.
inline constexpr auto t0 = timestamp_from_us(1'795'341'723'500'000);

// ---- trees ----

struct Node {
  enum class Type { leaf, array, map };
  Type type = Type::leaf;
  std::string bytes = "\xc0";  ///< of a leaf
  std::vector<Node> items;     ///< of an array; of a map key, value, key, value, ...

  std::size_t width() const { return type == Type::map ? 2 : 1; }
};

/// What is packed; msgpack's own buffer begins with 8 KiB, which is much for a leaf.
struct Bytes {
  std::string text;
  void write(const char* data, std::size_t size) { text.append(data, size); }
};
using Packer = msgpack::packer<Bytes>;

template <typename T>
Node leaf(const T& value) {
  Bytes bytes;
  Packer(bytes).pack(value);
  return {Node::Type::leaf, std::move(bytes.text), {}};
}
inline Node nil() { return {}; }

inline Node tree_of(const msgpack::object& o) {
  if (o.type == msgpack::type::ARRAY) {
    Node node{Node::Type::array, {}, {}};
    for (std::uint32_t i = 0; i < o.via.array.size; ++i)
      node.items.push_back(tree_of(o.via.array.ptr[i]));
    return node;
  }
  if (o.type == msgpack::type::MAP) {
    Node node{Node::Type::map, {}, {}};
    for (std::uint32_t i = 0; i < o.via.map.size; ++i) {
      node.items.push_back(tree_of(o.via.map.ptr[i].key));
      node.items.push_back(tree_of(o.via.map.ptr[i].val));
    }
    return node;
  }
  return leaf(o);
}

/// Nothing for what is not msgpack from end to end.
inline std::optional<Node> read_tree(std::string_view bytes) {
  try {
    std::size_t offset = 0;
    const msgpack::unpack_limit limits(10'000, 10'000, 1 << 20, 1 << 20, 1 << 10, 40);
    const auto handle =
        msgpack::unpack(bytes.data(), bytes.size(), offset, nullptr, nullptr, limits);
    if (offset != bytes.size()) return std::nullopt;
    return tree_of(handle.get());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

inline void write_tree(const Node& node, Bytes& bytes) {
  if (node.type == Node::Type::leaf) return bytes.write(node.bytes.data(), node.bytes.size());
  const auto count = static_cast<std::uint32_t>(node.items.size() / node.width());
  Packer p(bytes);
  node.type == Node::Type::array ? p.pack_array(count) : p.pack_map(count);
  for (const auto& item : node.items) write_tree(item, bytes);
}
inline std::string write_tree(const Node& node) {
  Bytes bytes;
  write_tree(node, bytes);
  return std::move(bytes.text);
}

/// The whole number of a leaf, if it is one.
inline std::optional<std::int64_t> number_in(const Node& node) {
  if (node.type != Node::Type::leaf) return std::nullopt;
  try {
    return msgpack::unpack(node.bytes.data(), node.bytes.size()).get().as<std::int64_t>();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// ---- valid messages ----

/// Of random values those that mean something to who receives them: few names, small numbers, times
/// about now.
template <typename T>
void make_likely(T& value) {
  static const std::array<std::string, 7> names = {"j", "k", "i1", "i2", "A", "forget", ""};
  if constexpr (std::is_same_v<T, Timestamp>)
    value = t0 + Duration{to_us(value) % 60'000'000};
  else if constexpr (std::is_same_v<T, Duration>)
    value %= 10'000'000;
  else if constexpr (std::is_same_v<T, std::string>)
    value = names[value.size() % names.size()];
  else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
    value = static_cast<T>(value % 8);
  else if constexpr (HasFields<T>)
    for_each_field(value, [](const char*, auto& field) { make_likely(field); });
}
template <typename T>
void make_likely(std::optional<T>& value) {
  if (value) make_likely(*value);
}
template <typename T>
void make_likely(std::vector<T>& values) {
  for (auto& value : values) make_likely(value);
}

/// A page as a journal gives it.
inline void put_in_order(Replayed& page) {
  page.head = page.after;
  for (auto& event : page.events) event.seq = ++page.head;
}
template <typename M>
void put_in_order(M&) {}

// ---- what can go wrong ----

/// Numbers at the ends of what is taken, and beyond.
inline const std::vector<Node>& odd_numbers() {
  static const std::vector<Node> all = [] {
    constexpr std::int64_t furthest = 999'999'999'999'999'999;
    std::vector<Node> values;
    for (const std::int64_t n : std::initializer_list<std::int64_t>{
             0, 1, 10, 11, 255, 256, 65'536, -1, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MIN,
             INT64_MAX, INT64_MAX - 1, furthest, -furthest, furthest + 1, -furthest - 1})
      values.push_back(leaf(n));
    for (const std::uint64_t n : {UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63})
      values.push_back(leaf(n));
    return values;
  }();
  return all;
}

/// Values of all types, and names that nobody knows.
inline const std::vector<Node>& odd_values() {
  static const std::vector<Node> all = [] {
    std::vector<Node> values = {nil(),           leaf(true), leaf(false), leaf(1.5),
                                leaf(0.0 / 0.0), leaf(300),  leaf(-1),    leaf(UINT64_MAX)};
    for (const auto* text :
         {"", "updated", "stale", "gap", "of_the_future", "\xc3(", "j", "k", "i1", "forget"})
      values.push_back(leaf(std::string(text)));
    values.push_back(leaf(std::string(300, 'x')));
    for (const auto* bytes : {"\xc4\x01!", "\xd4\x01!"})  // binary, an extension
      values.push_back({Node::Type::leaf, bytes, {}});
    values.push_back({Node::Type::array, {}, {}});
    values.push_back({Node::Type::map, {}, {}});
    values.push_back({Node::Type::map, {}, {leaf(std::string("a")), nil()}});
    Node deep = nil();
    for (int i = 0; i < 9; ++i) deep = {Node::Type::array, {}, {deep}};
    values.push_back(
        deep);  // the last: what only a newer version knows may be deeper than all of ours
    return values;
  }();
  return all;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed), messages_(seed) {}

  /// A few valid messages, one after the other.
  Node fresh_input() {
    Node input{Node::Type::array, {}, {}};
    for (auto n = below(8) + 1; n > 0; --n) input.items.push_back(fresh_step());
    return input;
  }

  /// One or a few things go wrong.
  void mutate(Node& input) {
    for (auto n = below(3) + 1; n > 0; --n) {
      if (input.items.empty() || below(4) == 0)
        insert(input, {fresh_step()});
      else
        change_one(input);
    }
  }

  /// Numbers beyond the messages' are steps of other kinds (fuzz_messages.cpp).
  static constexpr std::size_t step_count = message_count + 6;

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  template <typename M>
  Node fresh_message() {
    auto message = messages_.make<M>();
    if (below(8) != 0) make_likely(message);
    if (below(4) != 0) put_in_order(message);
    auto body = *read_tree(encode(message));
    if (below(4) == 0) make_extreme(body);
    return body;
  }

  /// One of the message's own numbers.
  void make_extreme(Node& body) {
    std::vector<Node*> numbers;
    for (auto& field : body.items)
      if (number_in(field)) numbers.push_back(&field);
    if (!numbers.empty())
      *numbers[below(numbers.size())] = odd_numbers()[below(odd_numbers().size())];
  }

  template <std::size_t... I>
  Node fresh_message(std::size_t which, std::index_sequence<I...>) {
    Node body;
    ((which == I ? void(body = fresh_message<std::tuple_element_t<I, AllMessages>>()) : void()),
     ...);
    return body;
  }

  Node fresh_step() {
    const auto which = below(step_count);
    Node body = which < message_count
                    ? fresh_message(which, std::make_index_sequence<message_count>())
                    : leaf(below(60'000'000));
    return {Node::Type::array, {}, {leaf(which), std::move(body)}};
  }

  static void collect(Node& node, std::vector<Node*>& all) {
    all.push_back(&node);
    for (auto& item : node.items) collect(item, all);
  }

  void change_one(Node& input) {
    std::vector<Node*> all;
    collect(input, all);
    Node& node = *all[below(all.size())];
    if (&node == &input || (node.type != Node::Type::leaf && below(4) != 0))
      return change_list(node);
    const auto number = number_in(node);
    switch (below(number ? 8 : 4)) {
      case 0:
        node = Node(*all[1 + below(all.size() - 1)]);  // of another field, or message
        break;
      case 4:
      case 5:
        node = leaf(static_cast<std::int64_t>(static_cast<std::uint64_t>(*number) + below(5) - 2));
        break;
      case 6:
      case 7:
        node = odd_numbers()[below(odd_numbers().size())];
        break;
      default:
        node = odd_value();
    }
  }

  Node odd_value() { return odd_values()[below(odd_values().size())]; }

  /// Of an array's elements, or a map's entries.
  void change_list(Node& list) {
    const auto width = list.width(), count = list.items.size() / width;
    const auto at = [&](std::size_t i) {
      return list.items.begin() + static_cast<std::ptrdiff_t>(i * width);
    };
    if (count == 0) return insert(list, odd_elements(width));
    const auto one = below(count), other = below(count);
    const auto next = static_cast<std::ptrdiff_t>(width);
    switch (below(6)) {
      case 0:
        list.items.erase(at(one), at(one) + next);
        break;
      case 1:
        insert(list, std::vector<Node>(at(one), at(one) + next));
        break;
      case 2:
        if (one != other) std::swap_ranges(at(one), at(one) + next, at(other));
        break;
      case 3:
        list.items.erase(at(one), list.items.end());
        break;
      case 4:
        insert(list, odd_elements(width));
        break;
      default:
        *(at(one) + next - 1) = odd_value();
    }
  }

  std::vector<Node> odd_elements(std::size_t width) {
    std::vector<Node> elements;
    while (elements.size() < width) elements.push_back(odd_value());
    return elements;
  }

  void insert(Node& list, const std::vector<Node>& elements) {
    const auto place = below(list.items.size() / list.width() + 1) * list.width();
    list.items.insert(list.items.begin() + static_cast<std::ptrdiff_t>(place), elements.begin(),
                      elements.end());
  }

  std::mt19937 random_;
  testing::RandomMessages messages_;
};

}  // namespace stalewatch::fuzz
