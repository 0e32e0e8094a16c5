#include "common/messages/wire.hpp"

#include "common/messages/pack.hpp"

namespace stalewatch {

using namespace packing;

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
    Header header;
    unpack_field("header.version", o.via.array.ptr[0], header.version);
    unpack_field("header.sender", o.via.array.ptr[1], header.sender);
    unpack_field("header.boot", o.via.array.ptr[2], header.boot);
    unpack_field("header.sequence", o.via.array.ptr[3], header.sequence);
    return header;
  });
}

template <typename M>
std::string encode(const M& message) {
  msgpack::sbuffer buffer;
  Packer p(buffer);
  pack(p, message);
  return to_string(buffer);
}

template <typename M>
Result<M> decode(std::string_view bytes) {
  return decoding(bytes, [](const msgpack::object& o) {
    M message;
    unpack(o, message);
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
Result<SampleBatch> decode(std::string_view bytes) {
  return decoding(bytes, [](const msgpack::object& o) {
    if (o.type != msgpack::type::ARRAY || o.via.array.size < 2)
      throw FieldError("batch: too short");
    SampleBatch batch;
    unpack_field("assignment", o.via.array.ptr[0], batch.assignment);
    unpack_field("samples", o.via.array.ptr[1], batch.samples);
    if (o.via.array.size > 2) unpack_field("after", o.via.array.ptr[2], batch.after);
    return batch;
  });
}

#define STALEWATCH_MESSAGE(type, topic)     \
  template <>                               \
  std::string_view topic_of<type>() {       \
    return topic;                           \
  }                                         \
  template std::string encode(const type&); \
  template Result<type> decode(std::string_view);

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
