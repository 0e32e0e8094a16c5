// Input: one character for the message, then its bytes.

#include "common/messages/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>

using namespace stalewatch;

namespace {

template <typename M>
void try_message(std::string_view bytes) {
  const auto message = decode<M>(bytes);
  if (!message) return fuzz::require(!message.error().empty(), "a reason");
  const auto again = decode<M>(encode(*message));
  fuzz::require(again && *again == *message, "a message is read back");
}

void try_header(std::string_view bytes) {
  const auto header = decode_header(bytes);
  if (!header) return;
  const auto again = decode_header(encode_header(*header));
  fuzz::require(again && *again == *header, "a header is read back");
}

constexpr std::array<void (*)(std::string_view), 14> messages = {
    try_message<SampleBatch>, try_message<Event>, try_message<Beat>,       try_message<Hello>,
    try_message<Targets>,     try_message<Lease>, try_message<LeaseReply>, try_message<Replay>,
    try_message<Replayed>,    try_message<Ack>,   try_message<Command>,    try_message<Reply>,
    try_message<Goodbye>,     try_header};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  messages[fuzz::choice(bytes) % messages.size()](bytes);
  return 0;
}
