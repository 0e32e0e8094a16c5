#include "aggregator/target/state.hpp"
#include "common/messages/pack.hpp"

namespace stalewatch::aggregator {

std::string encode_state(const StoredState& state) { return packing::packed(state); }

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
