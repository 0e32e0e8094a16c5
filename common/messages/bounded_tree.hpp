#pragma once

// The tree of values in msgpack's bytes, within limits. What is larger or deeper stands in it as a
// mark: it is walked over, nothing of it is kept, and what is around it can be read. So it can be
// left out like anything else that cannot be understood.
// Included by pack.hpp alone.

#include <msgpack.hpp>

#include <string_view>
#include <vector>

namespace stalewatch::packing {

// No honest message comes near these; they bound what hostile bytes can make us allocate: a few
// dozen times the bytes of the frame, which are bounded as well (max_frame_bytes).
inline const msgpack::unpack_limit limits(20'000, 10'000, 1 << 20, 1 << 20, 1 << 10, 8);

inline constexpr char mark_beyond_limits = 0;

inline bool is_beyond_limits(const msgpack::object& o) {
  return o.type == msgpack::type::EXT && o.via.ext.ptr == &mark_beyond_limits;
}

/// A visitor for msgpack::parse, which needs no stack of the thread however deep the bytes go.
/// Strings point into the bytes.
class BoundedTree : public msgpack::null_visitor {
 public:
  explicit BoundedTree(const msgpack::unpack_limit& bounds) : bounds_(bounds), places_{&root_} {}
  BoundedTree(const BoundedTree&) = delete;
  BoundedTree& operator=(const BoundedTree&) = delete;

  /// Throws of msgpack's exceptions when these are not the bytes of one value.
  const msgpack::object& read(std::string_view bytes, std::size_t& used) {
    if (!msgpack::parse(bytes.data(), bytes.size(), used, *this))
      throw msgpack::parse_error("parse error");
    return root_;
  }

  bool visit_nil() { return put(msgpack::object()); }
  bool visit_boolean(bool value) { return put(msgpack::object(value)); }
  bool visit_positive_integer(std::uint64_t value) { return put(msgpack::object(value)); }
  bool visit_negative_integer(std::int64_t value) { return put(msgpack::object(value)); }
  bool visit_float32(float value) { return put(msgpack::object(value)); }
  bool visit_float64(double value) { return put(msgpack::object(value)); }
  bool visit_str(const char* from, std::uint32_t size) {
    return put_bytes(msgpack::type::STR, from, size, bounds_.str());
  }
  bool visit_bin(const char* from, std::uint32_t size) {
    return put_bytes(msgpack::type::BIN, from, size, bounds_.bin());
  }
  bool visit_ext(const char* from, std::uint32_t size) {
    if (size > bounds_.ext()) return put(beyond());
    msgpack::object o;
    o.type = msgpack::type::EXT;
    o.via.ext = {size - 1, from};  // behind its type
    return put(o);
  }

  bool start_array(std::uint32_t size) {
    if (walks_over_ > 0 || places_.size() > bounds_.depth() || size > bounds_.array())
      return walk_over();
    auto* const elements = room_for<msgpack::object>(size);
    place().type = msgpack::type::ARRAY;
    place().via.array = {size, elements};
    places_.push_back(elements);
    return true;
  }
  bool end_array_item() { return next(); }
  bool end_array() { return leave(); }

  bool start_map(std::uint32_t size) {
    if (walks_over_ > 0 || places_.size() > bounds_.depth() || size > bounds_.map())
      return walk_over();
    auto* const entries = room_for<msgpack::object_kv>(size);
    place().type = msgpack::type::MAP;
    place().via.map = {size, entries};
    places_.push_back(reinterpret_cast<msgpack::object*>(entries));  // key, value, key, ...
    return true;
  }
  bool end_map_key() { return next(); }
  bool end_map_value() { return next(); }
  bool end_map() { return leave(); }

 private:
  static_assert(sizeof(msgpack::object_kv) == 2 * sizeof(msgpack::object));

  static msgpack::object beyond() {
    msgpack::object o;
    o.type = msgpack::type::EXT;
    o.via.ext = {0, &mark_beyond_limits};
    return o;
  }

  template <typename T>
  T* room_for(std::uint32_t count) {
    return count == 0
               ? nullptr
               : static_cast<T*>(zone_.allocate_align(count * sizeof(T), MSGPACK_ZONE_ALIGNOF(T)));
  }
  msgpack::object& place() { return *places_.back(); }

  bool put(const msgpack::object& o) {
    if (walks_over_ == 0) place() = o;
    return true;
  }
  bool put_bytes(msgpack::type::object_type type, const char* from, std::uint32_t size,
                 std::size_t longest) {
    if (size > longest) return put(beyond());
    msgpack::object o;
    o.type = type;
    o.via.str = {size, from};  // as `bin` is laid out
    return put(o);
  }
  bool walk_over() {
    put(beyond());
    ++walks_over_;
    return true;
  }
  bool next() {
    if (walks_over_ == 0) ++places_.back();
    return true;
  }
  bool leave() {
    walks_over_ > 0 ? static_cast<void>(--walks_over_) : places_.pop_back();
    return true;
  }

  const msgpack::unpack_limit& bounds_;
  msgpack::zone zone_;
  msgpack::object root_;
  std::vector<msgpack::object*> places_;  ///< where the next value goes, by depth
  std::uint64_t walks_over_ = 0;          ///< so many containers deep in one that is beyond
};

}  // namespace stalewatch::packing
