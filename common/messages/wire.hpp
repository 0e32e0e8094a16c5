#pragma once

// How messages become bytes. The only place, with its .cpp, that knows msgpack.
//
// Every message is three frames: topic | header | body.
//   topic   ASCII, e.g. "samples", "event", "beat", "hello"; on PUB/SUB the subscription prefix.
//   header  msgpack array [version, sender, boot, sequence]; more elements may follow and are
//           ignored.
//   body    msgpack map by field name; unknown names are ignored, missing ones keep their
//           default. Optional fields that are unset are absent; times are signed microseconds
//           since the epoch. Exception: a SampleBatch is [assignment, [sample, ...], after], each
//           sample an array in field order, whose trailing unset fields may be missing and whose
//           extra ones are ignored.

#include "common/base/result.hpp"
#include "common/messages/messages.hpp"
#include "common/messages/refusals.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace stalewatch {

/// Version of the frames; receivers drop, count and tell once of any other.
inline constexpr std::uint32_t wire_version = 1;

/// A frame of more bytes than this is not sent, and a peer that sends one is disconnected
/// (ZMQ_MAXMSGSIZE).
inline constexpr std::size_t max_frame_bytes = 4 << 20;

/// A long list goes in several messages of at most so many bytes each (one with a single element
/// may be larger), far below the largest frame: what a slow peer has not read yet costs little.
inline constexpr std::size_t piece_bytes = 256 << 10;
/// And of at most so many elements: half of what receivers take of one list.
inline constexpr std::size_t piece_elements = 10'000;
/// A single element that is larger is not sent at all: no receiver takes a string of more.
inline constexpr std::size_t max_element_bytes = 1 << 20;

struct Header {
  std::uint32_t version = wire_version;
  std::string sender;          ///< the process' name, as people know it
  std::string boot;            ///< unique per start of the sender
  std::uint64_t sequence = 0;  ///< 1, 2, ... per sender, boot and socket

  bool operator==(const Header&) const = default;
};

std::string encode_header(const Header& header);
Result<Header> decode_header(std::string_view bytes);

/// The topic of a message type: topic_of<Beat>() == "beat". Explicitly instantiated in wire.cpp for
/// all of messages.hpp.
template <typename M>
std::string_view topic_of();

template <typename M>
std::string encode(const M& message);

/// Bytes that an element takes in a list of a message. For TargetSpec and Event.
template <typename E>
std::size_t encoded_size(const E& element);

/// What can be understood of a message. An element of a list, or an optional field, that cannot be
/// is left out and counted in `refused`; a sample or an event among others keeps its place and its
/// number, marked `unreadable`. Anything else is an error. Never throws, whatever the bytes: sizes,
/// depth and types are checked, trailing bytes are an error.
template <typename M>
Result<M> decode(std::string_view bytes, Refusals& refused);

/// All of it or nothing.
template <typename M>
Result<M> decode(std::string_view bytes) {
  Refusals refused;
  auto message = decode<M>(bytes, refused);
  if (message && refused.count > 0) return Error{refused.first};
  return message;
}

}  // namespace stalewatch
