#include "aggregator/recording/codec.hpp"

#include "aggregator/recording/fields.hpp"
#include "common/messages/pack.hpp"

#include <limits>
#include <tuple>
#include <utility>

namespace stalewatch::aggregator {

// States by their numbers: a recording is read by the build that wrote it.
template <typename E>
requires(std::is_same_v<E, Presence> || std::is_same_v<E, Flow>) void pack(packing::Packer& p,
                                                                           const E& state) {
  p.pack_uint8(static_cast<std::uint8_t>(state));
}
template <typename E>
requires(std::is_same_v<E, Presence> ||
         std::is_same_v<E, Flow>) void unpack(packing::Reading&, const msgpack::object& o,
                                              E& state) {
  constexpr auto last =
      static_cast<std::uint8_t>(std::is_same_v<E, Presence> ? static_cast<int>(Presence::lost)
                                                            : static_cast<int>(Flow::told_hole));
  const auto number = o.as<std::uint8_t>();
  if (number > last) throw packing::FieldError("no such state");
  state = static_cast<E>(number);
}

namespace {

// A state holds all targets, a batch of samples what one message does.
constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
const msgpack::unpack_limit own_limits(most, most, most, most, most, 16);

/// Where a sample says less than its message: those that could not be understood.
std::vector<std::uint32_t> unreadable_of(const input::Samples& batch) {
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < batch.samples.size(); ++i)
    if (batch.samples[i].unreadable) places.push_back(i);
  return places;
}

template <typename T>
void read(const msgpack::object& o, T& value) {
  Refusals refused;
  packing::Reading r(refused);
  packing::unpack(r, o, value);
  if (refused.count > 0) throw packing::FieldError(refused.first);
}

/// The alternative that is called so.
template <std::size_t i = 0>
Input read_input(std::string_view name, const msgpack::object& o) {
  if constexpr (i == std::variant_size_v<Input>) {
    throw packing::FieldError("no such input");
  } else {
    using Alternative = std::variant_alternative_t<i, Input>;
    if (name != input::name_of<Alternative>) return read_input<i + 1>(name, o);
    Alternative input;
    read(o, input);
    return input;
  }
}

}  // namespace

std::string encode(const Saved& saved) { return packing::packed(saved); }

Result<Saved> decode_saved(std::string_view bytes) {
  return packing::decoding(
      bytes,
      [](const msgpack::object& o) {
        Saved saved;
        read(o, saved);
        return saved;
      },
      own_limits);
}

std::string encode(const Input& input, NodeTime now) {
  msgpack::sbuffer buffer;
  packing::Packer packer(buffer);
  packer.pack_array(4);
  packing::pack(packer, now);
  std::visit(
      [&](const auto& alternative) {
        packer.pack(std::string(input::name_of<std::decay_t<decltype(alternative)>>));
        packing::pack(packer, alternative);
      },
      input);
  const auto* batch = std::get_if<input::Samples>(&input);
  packing::pack(packer, batch ? unreadable_of(*batch) : std::vector<std::uint32_t>());
  return packing::to_string(buffer);
}

Result<RecordedInput> decode_input(std::string_view bytes) {
  return packing::decoding(
      bytes,
      [](const msgpack::object& o) {
        if (o.type != msgpack::type::ARRAY || o.via.array.size != 4)
          throw packing::FieldError("not an input");
        const auto* const parts = o.via.array.ptr;
        RecordedInput recorded;
        read(parts[0], recorded.now);
        recorded.input = read_input(parts[1].as<std::string_view>(), parts[2]);
        std::vector<std::uint32_t> unreadable;
        read(parts[3], unreadable);
        if (auto* batch = std::get_if<input::Samples>(&recorded.input))
          for (const auto place : unreadable) batch->samples.at(place).unreadable = true;
        return recorded;
      },
      own_limits);
}

}  // namespace stalewatch::aggregator
