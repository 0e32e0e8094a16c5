#include "aggregator/target/state.hpp"
#include "common/messages/pack.hpp"

namespace stalewatch::aggregator {

std::string encode_state(const StoredState& state) {
  msgpack::sbuffer buffer;
  packing::Packer packer(buffer);
  packing::pack(packer, state);
  return packing::to_string(buffer);
}

Result<StoredState> decode_state(std::string_view bytes) {
  Refusals refused;
  auto result = packing::decoding(bytes, [&](const msgpack::object& o) {
    packing::Reading r(refused);
    StoredState state;
    packing::unpack(r, o, state);
    return state;
  });
  if (result && refused.count > 0) return Error{refused.first};
  return result;
}

}  // namespace stalewatch::aggregator
