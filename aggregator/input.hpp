#pragma once

// What the core is told, one struct each. All that it decides follows from these, in their order,
// and from the time that comes with each. Plain data.

#include "aggregator/rows.hpp"
#include "common/base/time.hpp"
#include "common/config/config.hpp"
#include "common/messages/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stalewatch::aggregator::input {

/// A (new) configuration is in force: new targets, changed ones, retired ones. `look_first`: when
/// some have come or gone, how all are is told once, as soon as each has shown it.
struct Configure {
  std::vector<ServerConfig> servers;
  bool look_first = false;
};

/// A (new) list of consumers is in force: for these events are kept, and they are told of when they
/// are behind. Those that come begin at the published head.
struct ConfigureConsumers {
  std::vector<std::string> names;
};

/// Samples of one prober, in order. One that cannot be understood or believed, or of a target that
/// the prober was never given, is refused alone: counted, told once a prober, and its number is
/// taken. Those of targets that are gone are counted and ignored.
struct Samples {
  std::string prober;    ///< what it calls itself; counts until it has said hello
  std::string instance;  ///< finds its clock offset, and which of its news were taken before
  std::vector<Sample> samples;
  std::optional<std::uint64_t> after;  ///< they were sent after its news of this number
};

/// A whole batch of a prober could not be understood: its news are asked for one by one.
struct Garbled {
  std::string instance;
};

struct Hello {
  stalewatch::Hello message;
  std::string peer;  ///< where to answer
};

/// Of a prober that is not known nothing is taken: it should say hello again.
struct Lease {
  stalewatch::Lease message;
  std::string peer;  ///< a connection that was made anew has another
};

struct Goodbye {
  stalewatch::Goodbye message;
};

/// A prober is told its whole share again.
struct Resend {
  std::string instance;  ///< empty: all probers, under another assignment
};

/// A prober is being told its share under this number.
struct Assigned {
  std::string instance;
  std::uint64_t generation = 0;
};

/// Consumers can have everything up to this number; about once a second, before their
/// acknowledgements.
struct Published {
  std::int64_t head = 0;
};

/// Everything up to `seq` has taken effect at a consumer: an acknowledgement that counts.
struct Acked {
  std::string consumer;
  std::int64_t seq = 0;
};

/// A consumer says that it takes nothing until somebody changes something, and why.
struct ConsumerStuck {
  std::string consumer;
  std::string why;
};

/// About once a second: consumers that have fallen behind the published events by more than
/// `limit`, or have caught up, are told of.
struct WatchConsumers {
  Duration limit{};
};

/// What is wrong with the journal; empty: nothing (any more). Told when that changes.
struct JournalTrouble {
  std::string what;
};

/// These rows are on disk: their news are safe.
struct Committed {
  std::vector<ProberRow> probers;
};

/// After a standstill of the process itself, or of its journal: nobody is judged by what was missed
/// meanwhile.
struct Resume {};

/// The wall clock was stepped, which is told.
struct ClockStepped {
  Duration step{};
  std::string detail;  ///< for people
};

/// A step is believed: all that was noted by the old time moves by it, in the journal, too.
struct ClockAdopted {
  Duration shift{};
  std::string why;  ///< for people
};

/// Deadlines that have passed are decided.
struct Tick {};

}  // namespace stalewatch::aggregator::input

namespace stalewatch::aggregator {

using Input =
    std::variant<input::Configure, input::ConfigureConsumers, input::Samples, input::Garbled,
                 input::Hello, input::Lease, input::Goodbye, input::Resend, input::Assigned,
                 input::Published, input::Acked, input::ConsumerStuck, input::WatchConsumers,
                 input::JournalTrouble, input::Committed, input::Resume, input::ClockStepped,
                 input::ClockAdopted, input::Tick>;

}  // namespace stalewatch::aggregator
