#pragma once

// What a recording holds, to msgpack and back. Bytes that come back are our own, but perhaps of
// another build, or cut off: all of a record or nothing.

#include "aggregator/input.hpp"
#include "aggregator/saved.hpp"
#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace stalewatch::aggregator {

/// An input with the time that came with it.
struct RecordedInput {
  NodeTime now{};
  Input input;
};

std::string encode(const Saved& saved);
Result<Saved> decode_saved(std::string_view bytes);

std::string encode(const Input& input, NodeTime now);
Result<RecordedInput> decode_input(std::string_view bytes);

}  // namespace stalewatch::aggregator
