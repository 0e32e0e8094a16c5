#include "common/messages/wire.hpp"

#include "common/messages/pack.hpp"

#include <limits>

namespace stalewatch {

using namespace packing;

namespace {

template <typename M>
void settle(M&) {}

/// An event whose number cannot be understood either follows the one before it: every number of a
/// page has its place. Behind the last number that there is, there is none.
void settle(Replayed& page) {
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  std::int64_t before = page.after;
  for (auto& event : page.events) {
    if (event.unreadable && event.seq <= before && before < last) event.seq = before + 1;
    before = event.seq;
  }
}

}  // namespace

std::string encode_header(const Header& header) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  p.pack_array(4);
  p.pack(header.version), p.pack(header.sender), p.pack(header.boot), p.pack(header.sequence);
  return to_string(buffer);
}

Result<Header> decode_header(std::string_view bytes) {
  return decoding(bytes, [](const msgpack::object& o) {
    if (o.type != msgpack::type::ARRAY || o.via.array.size < 4)
      throw FieldError("header: too short");
    Refusals none;  // nothing in it is optional
    Reading r(none);
    Header header;
    unpack_field(r, "header.version", o.via.array.ptr[0], header.version);
    unpack_field(r, "header.sender", o.via.array.ptr[1], header.sender);
    unpack_field(r, "header.boot", o.via.array.ptr[2], header.boot);
    unpack_field(r, "header.sequence", o.via.array.ptr[3], header.sequence);
    return header;
  });
}

template <typename M>
std::string encode(const M& message) {
  return packed(message);
}

template <typename E>
std::size_t encoded_size(const E& element) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  pack(p, element);
  return buffer.size();
}

template std::size_t encoded_size(const TargetSpec&);
template std::size_t encoded_size(const Event&);

template <typename M>
Result<M> decode(std::string_view bytes, Refusals& refused) {
  return decoding(bytes, [&](const msgpack::object& o) {
    Reading r(refused);
    M message;
    unpack(r, o, message);
    settle(message);
    return message;
  });
}

template <>
std::string encode(const SampleBatch& batch) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  p.pack_array(batch.after ? 3 : 2);
  pack(p, batch.assignment);
  pack(p, batch.samples);
  if (batch.after) pack(p, *batch.after);
  return to_string(buffer);
}

template <>
Result<SampleBatch> decode(std::string_view bytes, Refusals& refused) {
  return decoding(bytes, [&](const msgpack::object& o) {
    if (o.type != msgpack::type::ARRAY || o.via.array.size < 2)
      throw FieldError("batch: too short");
    Reading r(refused);
    SampleBatch batch;
    unpack_field(r, "assignment", o.via.array.ptr[0], batch.assignment);
    unpack_field(r, "samples", o.via.array.ptr[1], batch.samples);
    if (o.via.array.size > 2) unpack_field(r, "after", o.via.array.ptr[2], batch.after);
    return batch;
  });
}

#define STALEWATCH_MESSAGE(type, topic)     \
  template <>                               \
  std::string_view topic_of<type>() {       \
    return topic;                           \
  }                                         \
  template std::string encode(const type&); \
  template Result<type> decode(std::string_view, Refusals&);

STALEWATCH_MESSAGE(SampleBatch, "samples")
STALEWATCH_MESSAGE(Event, "event")
STALEWATCH_MESSAGE(Beat, "beat")
STALEWATCH_MESSAGE(Hello, "hello")
STALEWATCH_MESSAGE(Targets, "targets")
STALEWATCH_MESSAGE(Lease, "lease")
STALEWATCH_MESSAGE(LeaseReply, "lease_reply")
STALEWATCH_MESSAGE(Replay, "replay")
STALEWATCH_MESSAGE(Replayed, "replayed")
STALEWATCH_MESSAGE(Ack, "ack")
STALEWATCH_MESSAGE(Command, "command")
STALEWATCH_MESSAGE(Reply, "reply")
STALEWATCH_MESSAGE(Goodbye, "goodbye")

#undef STALEWATCH_MESSAGE

}  // namespace stalewatch
