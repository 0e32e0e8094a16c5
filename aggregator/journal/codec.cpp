#include "aggregator/target/state.hpp"
#include "common/messages/pack.hpp"

#include <stdexcept>

namespace stalewatch::aggregator {

std::string encode_state(const StoredState& state) {
  msgpack::sbuffer buffer;
  packing::Packer packer(buffer);
  packing::pack(packer, state);
  return packing::to_string(buffer);
}

StoredState decode_state(std::string_view bytes) {
  auto result = packing::decoding(bytes, [](const msgpack::object& o) {
    StoredState state;
    packing::unpack(o, state);
    return state;
  });
  if (!result) throw std::runtime_error("a target's stored state is unreadable: " + result.error());
  return *std::move(result);
}

}  // namespace stalewatch::aggregator
