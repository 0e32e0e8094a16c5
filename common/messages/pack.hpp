#pragma once

// Messages and stored states to msgpack and back, for everything that has a for_each_field.
// Included by the few .cpp files that instantiate it (wire.cpp, the codecs of journal and
// recording), by nobody else.

#include "common/base/result.hpp"
#include "common/messages/bounded_tree.hpp"
#include "common/messages/messages.hpp"
#include "common/messages/names.hpp"
#include "common/messages/refusals.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stalewatch::packing {

using Packer = msgpack::packer<msgpack::sbuffer>;

template <typename T>
struct is_optional : std::false_type {};
template <typename T>
struct is_optional<std::optional<T>> : std::true_type {};

template <typename T>
struct is_vector : std::false_type {};
template <typename T>
struct is_vector<std::vector<T>> : std::true_type {};

// ---- values ----

/// An instant by whichever clock.
template <typename Clock>
void pack(Packer& p, std::chrono::time_point<Clock, Duration> t) {
  p.pack_int64(to_us(t.time_since_epoch()));
}
inline void pack(Packer& p, Duration d) { p.pack_int64(to_us(d)); }
inline void pack(Packer& p, Outcome o) { p.pack_uint8(static_cast<std::uint8_t>(o)); }
inline void pack(Packer& p, const EventKind& k) { p.pack(name_of(k)); }
template <typename T>
requires(std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) void pack(Packer& p,
                                                                              const T& value) {
  p.pack(value);
}
inline void pack(Packer& p, const std::map<std::string, std::string>& m) { p.pack(m); }
inline void pack(Packer& p, const Sample& sample);
template <HasFields M>
requires(!std::is_same_v<M, Sample>) void pack(Packer& p, const M& message);
template <typename T>
void pack(Packer& p, const std::optional<T>& value) {
  value ? pack(p, *value) : static_cast<void>(p.pack_nil());
}
template <typename T>
void pack(Packer& p, const std::vector<T>& values) {
  p.pack_array(static_cast<std::uint32_t>(values.size()));
  for (const auto& value : values) pack(p, value);
}

template <typename T>
bool is_unset(const T& value) {
  if constexpr (is_optional<T>::value) return !value.has_value();
  return false;
}

template <HasFields M>
requires(!std::is_same_v<M, Sample>) void pack(Packer& p, const M& message) {
  std::uint32_t set = 0;
  for_each_field(message, [&](const char*, const auto& value) { set += is_unset(value) ? 0 : 1; });
  p.pack_map(set);
  for_each_field(message, [&](const char* name, const auto& value) {
    if (is_unset(value)) return;
    p.pack(name);
    pack(p, value);
  });
}

inline void pack(Packer& p, const Sample& sample) {
  std::uint32_t count = 0, used = 0;
  for_each_field(sample, [&](const char*, const auto& value) {
    ++count;
    if (!is_unset(value)) used = count;
  });
  p.pack_array(used);
  count = 0;
  for_each_field(sample, [&](const char*, const auto& value) {
    if (++count <= used) pack(p, value);
  });
}

// ---- and back ----
//
// What cannot be understood is left out alone where the rest means something without it: an element
// of a list, a field that is optional. Anything else refuses what it belongs to. msgpack's own
// exceptions carry no field name, so the name is added where it is known.

struct FieldError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What is left out while one message is read.
class Reading {
 public:
  explicit Reading(Refusals& refusals) : refusals_(refusals) {}

  void leave_out(const std::string& why) {
    if (refusals_.count++ == 0) refusals_.first = why;
  }
  std::uint64_t left_out() const { return refusals_.count; }
  /// The first refusal was inside of this: `where` leads there.
  void lead_to_first(std::uint64_t left_out_before, const std::string& where) {
    if (left_out_before == 0 && refusals_.count > 0)
      refusals_.first = where + ": " + refusals_.first;
  }

 private:
  Refusals& refusals_;
};

/// Of the exception that is being handled: why something cannot be understood. Others go on.
inline std::string why_not_understood() {
  try {
    throw;
  } catch (const FieldError& e) {
    return e.what();
  } catch (const msgpack::type_error&) {
    return "wrong type or out of range";
  }
}

// 30,000 years, either way. What lies beyond is no time, and with what does not, sums cannot
// overflow. A line of JSON has room for 18 digits, too.
constexpr std::int64_t furthest_us = 999'999'999'999'999'999;

inline std::int64_t unpack_us(const msgpack::object& o) {
  const auto us = o.as<std::int64_t>();
  if (us < -furthest_us || us > furthest_us) throw FieldError("no time that can be reckoned with");
  return us;
}

template <typename Clock>
void unpack(Reading&, const msgpack::object& o, std::chrono::time_point<Clock, Duration>& t) {
  t = std::chrono::time_point<Clock, Duration>(Duration{unpack_us(o)});
}
inline void unpack(Reading&, const msgpack::object& o, Duration& d) { d = Duration{unpack_us(o)}; }
inline void unpack(Reading&, const msgpack::object& o, Outcome& outcome) {
  const auto number = o.as<std::uint64_t>();
  const bool known = number < known_outcomes;
  outcome = known ? static_cast<Outcome>(number) : Outcome::unknown;
}
inline void unpack(Reading&, const msgpack::object& o, EventKind& kind) {
  auto named = event_kind_from(o.as<std::string_view>());
  if (!named) throw FieldError("not the name of a kind");
  kind = *std::move(named);
}
template <typename T>
requires(std::is_arithmetic_v<T> ||
         std::is_same_v<T, std::string>) void unpack(Reading&, const msgpack::object& o, T& value) {
  value = o.as<T>();
}
inline void unpack(Reading&, const msgpack::object& o, std::map<std::string, std::string>& m) {
  m = o.as<std::map<std::string, std::string>>();
}
inline void unpack(Reading& r, const msgpack::object& o, Sample& sample);
template <HasFields M>
requires(!std::is_same_v<M, Sample>) void unpack(Reading& r, const msgpack::object& o, M& message);
template <typename T>
void unpack(Reading& r, const msgpack::object& o, std::optional<T>& value) {
  if (o.type == msgpack::type::NIL) return value.reset();
  unpack(r, o, value.emplace());
}

template <typename T>
void salvage(const msgpack::object& o, T& value) {
  try {
    value = o.as<T>();
  } catch (const msgpack::type_error&) {
  }
}

/// What is known of an element that cannot be understood, if it has a place of its own among the
/// others: its number, so that the numbers go on.
inline bool keep_place(const msgpack::object& o, Sample& sample) {
  sample = Sample{.unreadable = true};
  if (o.type != msgpack::type::ARRAY) return true;
  if (o.via.array.size > 0) salvage(o.via.array.ptr[0], sample.target);
  if (o.via.array.size > 1) salvage(o.via.array.ptr[1], sample.news_seq);
  return true;
}
inline bool keep_place(const msgpack::object& o, Event& event) {
  event = Event{};
  event.unreadable = true;
  if (o.type != msgpack::type::MAP) return true;
  for (const auto& entry : std::span(o.via.map.ptr, o.via.map.size))
    if (entry.key.type == msgpack::type::STR && entry.key.as<std::string_view>() == "seq")
      salvage(entry.val, event.seq);
  return true;
}
template <typename T>
bool keep_place(const msgpack::object&, T&) {
  return false;
}

/// The one way to an element or a field.
template <typename T>
void unpack_within_limits(Reading& r, const msgpack::object& o, T& value) {
  if (is_beyond_limits(o)) throw FieldError("larger or deeper than any that is sent");
  unpack(r, o, value);
}

/// Arguments are told apart by their place: all of them, or none.
inline void unpack(Reading&, const msgpack::object& o, std::vector<std::string>& values) {
  values = o.as<std::vector<std::string>>();
}

template <typename T>
void unpack(Reading& r, const msgpack::object& o, std::vector<T>& values) {
  if (o.type != msgpack::type::ARRAY) throw FieldError("not an array");
  values.resize(o.via.array.size);
  std::size_t kept = 0;
  for (std::uint32_t i = 0; i < o.via.array.size; ++i) {
    const auto& element = o.via.array.ptr[i];
    const auto before = r.left_out();
    bool stays = true;
    try {
      unpack_within_limits(r, element, values[kept]);
    } catch (...) {
      r.leave_out(why_not_understood());
      stays = keep_place(element, values[kept]);
      if (!stays) values[kept] = T{};
    }
    if (stays) ++kept;
    if (r.left_out() != before) r.lead_to_first(before, "[" + std::to_string(i) + "]");
  }
  values.resize(kept);
}

template <typename T>
void unpack_field(Reading& r, const char* name, const msgpack::object& o, T& value) {
  constexpr bool has_parts = HasFields<T> || is_vector<T>::value;
  const auto before = has_parts ? r.left_out() : 0;
  try {
    unpack_within_limits(r, o, value);
  } catch (...) {
    const auto why = std::string(name) + ": " + why_not_understood();
    if constexpr (!is_optional<T>::value) throw FieldError(why);
    if constexpr (is_optional<T>::value) value.reset();
    r.leave_out(why);
  }
  if constexpr (has_parts)
    if (r.left_out() != before) r.lead_to_first(before, name);
}

template <HasFields M>
requires(!std::is_same_v<M, Sample>) void unpack(Reading& r, const msgpack::object& o, M& message) {
  if (o.type != msgpack::type::MAP) throw FieldError("not a map");
  const std::span<const msgpack::object_kv> entries(o.via.map.ptr, o.via.map.size);
  std::size_t next =
      0;  // senders keep our order, so the next field is nearly always the next entry
  for_each_field(message, [&](const char* name, auto& value) {
    for (std::size_t tried = 0; tried < entries.size(); ++tried) {
      const auto& entry = entries[(next + tried) % entries.size()];
      if (entry.key.type != msgpack::type::STR || entry.key.as<std::string_view>() != name)
        continue;
      next += tried + 1;
      return unpack_field(r, name, entry.val, value);
    }
  });
}

inline void unpack(Reading& r, const msgpack::object& o, Sample& sample) {
  if (o.type != msgpack::type::ARRAY) throw FieldError("not an array");
  std::uint32_t i = 0;
  for_each_field(sample, [&](const char* name, auto& value) {
    if (i < o.via.array.size) unpack_field(r, name, o.via.array.ptr[i], value);
    ++i;
  });
}

template <typename F>
auto decoding(std::string_view bytes, F&& read, const msgpack::unpack_limit& bounds = limits)
    -> Result<decltype(read(msgpack::object{}))> {
  try {
    std::size_t offset = 0;
    BoundedTree tree(bounds);
    const auto& root = tree.read(bytes, offset);
    if (offset != bytes.size()) return Error{"trailing bytes"};
    return read(root);
  } catch (const FieldError& e) {
    return Error{e.what()};
  } catch (const std::exception&) {
    return Error{"not valid msgpack"};
  }
}

inline std::string to_string(const msgpack::sbuffer& buffer) {
  return {buffer.data(), buffer.size()};
}

template <typename T>
std::string packed(const T& value) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  pack(p, value);
  return to_string(buffer);
}

}  // namespace stalewatch::packing
