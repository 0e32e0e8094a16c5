#pragma once

// Everything that travels between processes, as plain aggregates. Each has one for_each_field, from
// which encoding, decoding, JSON lines and test generators derive. Fields are only ever added; see
// docs/protocol.md.

#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace stalewatch {

/// What a probe came to. `ok` is a 2xx answer whose body yields a usable computed time; the others
/// are the reasons of a failing server. Numbers are on the wire: only append.
enum class Outcome : std::uint8_t {
  ok = 0,
  dns = 1,
  connect = 2,
  tls = 3,
  timeout = 4,
  http_status = 5,
  too_large = 6,
  not_json = 7,
  field_missing = 8,
  time_unreadable = 9,
  time_in_future = 10,
  unknown = 255,  ///< of a newer prober: a failure whose reason this version does not know
};
/// How many are known: the numbers below it are outcomes.
inline constexpr std::size_t known_outcomes = static_cast<std::size_t>(Outcome::time_in_future) + 1;

/// What one probe of one target saw. Travels as an array, in batches.
struct Sample {
  std::uint32_t target = 0;  ///< the id that the aggregator gave the target
  /// 1, 2, ... for samples that are news, per start of a prober; else 0.
  std::uint64_t news_seq = 0;
  /// When the answer was complete, or the failure certain, by the prober's clock.
  Timestamp probed_at{};
  Duration took{};  ///< from the start of the request until then
  Outcome outcome = Outcome::ok;
  /// How many probes in a row were alike: ok, or not ok for whatever reason.
  std::uint32_t streak = 1;
  Timestamp since{};                     ///< probed_at of the first of that streak
  std::uint16_t http_status = 0;         ///< 0 when there was no answer
  std::optional<Timestamp> computed_at;  ///< set if and only if outcome is ok
  std::optional<Duration> clock_offset;  ///< target's clock minus prober's, from the Date header
  std::optional<Duration> clock_uncertainty;  ///< half the width of what clock_offset may be
  std::optional<Timestamp> tls_expires_at;    ///< end of the server certificate's validity
  /// For people, escaped and short: "HTTP 503", "connection refused".
  std::optional<std::string> detail;
  /// The Date header minus the prober's clock where that is so far that it counts as no Date.
  std::optional<Duration> date_off;
  /// Where clocks went back, a local time without an offset can mean two instants: the later one
  /// (computed_at is then the earlier). Which it is, the aggregator finds by what came before.
  std::optional<Timestamp> computed_alt;

  // Not on the wire:
  bool unreadable = false;  ///< only its number, and perhaps its target, could be understood

  bool operator==(const Sample&) const = default;
};

/// Samples of one prober, in the order they were seen.
struct SampleBatch {
  std::string assignment;  ///< the assignment (Targets::assignment) that the target ids belong to
  std::vector<Sample> samples;
  /// Number of the last news that was sent before these, so that a lost batch shows in the next.
  std::optional<std::uint64_t> after;

  bool operator==(const SampleBatch&) const = default;
};

/// The kinds of events. Names are on the wire and in the tables: never rename one.
enum class Kind : std::uint8_t {
  updated,
  went_back,
  stale,
  still_stale,
  fresh_again,
  failing,
  still_failing,
  answering_again,
  not_watched,
  still_not_watched,
  watched_again,
  clock_off,
  clock_ok,
  split,
  agreed,
  retired,
  prober_joined,
  prober_lost,
  prober_blind,
  prober_sees,
  journal_trouble,
  journal_ok,
  consumer_behind,
  consumer_ok,
  samples_lost,
  clock_stepped,
  prober_left,
  nobody_watches,
  still_nobody_watches,
  somebody_watches,
  watching,
  // written by consumers themselves, never in the journal:
  gap,
  undeliverable,
  aggregator_lost,
  aggregator_back,
  unknown,  ///< of a newer version: see EventKind
};
/// How many are known: the numbers below it are kinds.
inline constexpr std::size_t known_kinds = static_cast<std::size_t>(Kind::unknown);

/// The kind of an event, also when only a newer version knows it: `Kind::unknown` then, with the
/// name that it came by.
class EventKind {
 public:
  EventKind(Kind kind = Kind::updated) : kind_(kind) {}
  static EventKind unknown(std::string name) {
    EventKind kind(Kind::unknown);
    kind.unknown_name_ = std::move(name);
    return kind;
  }

  operator Kind() const { return kind_; }
  /// Empty for the kinds that are known.
  const std::string& unknown_name() const { return unknown_name_; }

  friend bool operator==(const EventKind&, const EventKind&) = default;
  friend bool operator==(const EventKind& a, Kind b) { return a.kind_ == b; }

 private:
  Kind kind_;
  std::string unknown_name_;
};

/// One decided fact. Numbered, immutable once published.
struct Event {
  /// 1, 2, ... within one journal; 0 for events that a consumer makes itself.
  std::int64_t seq = 0;
  std::optional<std::int64_t> episode;  ///< seq of the opening event (an opening carries its own)
  EventKind kind;
  std::string target;  ///< the target's key; empty for system events
  std::string name;  ///< what people call it; for system events who is meant (a prober, a consumer)
  std::string address;     ///< the target's address, without credentials
  Timestamp at{};          ///< when it happened: the due instant, or the corrected probe time
  Timestamp decided_at{};  ///< when the aggregator decided it
  std::optional<Timestamp> observed_at;           ///< probe time of the sample that showed it
  std::optional<Timestamp> computed_at;           ///< the computed time that is judged
  std::optional<Timestamp> previous_computed_at;  ///< the one before
  std::optional<Duration> lag;  ///< observed_at - computed_at, signed, as measured
  /// How old the data were at `at`; at least that, while the server fails.
  std::optional<Duration> age;
  std::optional<Duration> threshold;  ///< the limit that the age is held against
  std::optional<Timestamp> since;     ///< when the problem began
  /// Of failing: an Outcome's name; of not_watched: no_prober, prober_lost, samples_lost.
  std::optional<std::string> reason;
  std::optional<std::string> detail;              ///< for people, escaped and short
  std::optional<std::string> prober;              ///< who saw it
  std::optional<std::int32_t> observers_failing;  ///< how many of observers_of see the failure
  std::optional<std::int32_t> observers_of;
  bool inhibited = false;  ///< journaled and recorded only: nobody is told
  /// A second event of its episode that tells what was inhibited when it happened.
  bool announced = false;
  bool late = false;     ///< decided long after `at`
  bool notify = false;   ///< goes to chat; decided by the aggregator alone
  bool db_save = false;  ///< goes to the tables
  /// Of reminders: k, for first announcement + k x msg_interval.
  std::optional<std::int64_t> repeat_number;
  /// Of openings and reminders: when the next one falls due.
  std::optional<Timestamp> next_reminder_at;
  std::optional<std::int64_t> count;  ///< of samples_lost: how many, where that is known

  // Not on the wire:
  bool unreadable = false;  ///< only its number could be understood, or not even that

  bool operator==(const Event&) const = default;
};

/// The aggregator's sign of life on the events socket, once a second.
struct Beat {
  std::string journal;    ///< id of the journal
  std::int64_t head = 0;  ///< seq of the newest published event
  Timestamp at{};
  bool moving = false;  ///< samples come in, the journal commits, journal.consumers acknowledge
  std::optional<std::string> standstill;  ///< for people: why not
  /// When a person had the configuration read again: whoever hears it anew does so, too.
  std::optional<Timestamp> reloaded_at;

  bool operator==(const Beat&) const = default;
};

/// One target, as a prober needs it.
struct TargetSpec {
  std::uint32_t id = 0;
  std::string key;
  std::string address;
  Duration interval{};
  Duration timeout{};
  std::string time_field;
  std::string time_format;
  std::string timezone;
  Duration max_future{};
  std::uint32_t failure_threshold = 2;
  std::map<std::string, std::string> headers;
  std::string basic_auth;  ///< "user:password" or empty
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool verify = true;
  bool follow_redirects = false;
  std::int64_t max_body = 1 << 20;  ///< bytes, counted after decompression
  std::string proxy;  ///< empty: none; "environment": as http_proxy and its kin say; else a URL

  bool operator==(const TargetSpec&) const = default;
};

// ---- control socket: DEALER -> ROUTER and back ----

/// First message of every peer, repeated until answered and after every reconnect.
struct Hello {
  std::string role;      ///< "prober", "consumer", "operator"
  std::string name;      ///< a consumer's; of a prober what it would be called
  std::string instance;  ///< unique per start of the process
  std::string zone;
  std::uint32_t capacity = 1;
  std::string version;  ///< of the program

  bool operator==(const Hello&) const = default;
};

/// To a prober, in pieces: what changed in its assignment.
struct Targets {
  std::string assignment;        ///< changes when ids mean something else; samples carry it
  std::uint64_t generation = 0;  ///< grows with every change; the pieces of one change share it
  bool full = false;  ///< first piece of a complete assignment: forget what is not in its pieces
  bool last = false;  ///< last piece of this generation
  Duration lease{};   ///< renew within this, or count as lost
  std::vector<TargetSpec> added;  ///< new or changed
  std::vector<std::uint32_t> removed;
  std::optional<std::string> name;  ///< with `full`: what the prober is called from now on

  bool operator==(const Targets&) const = default;
};

/// From a prober, each second. Also the ping that measures its clock.
struct Lease {
  std::string instance;
  std::uint64_t generation = 0;     ///< newest complete Targets generation it works by
  std::uint64_t last_news_seq = 0;  ///< so that a lost tail is noticed
  Timestamp sent_at{};              ///< by the prober's clock
  /// The aggregator's clock minus the prober's, median of its last pings.
  std::optional<Duration> clock_offset;
  std::optional<Duration> clock_uncertainty;
  /// Oldest that it can still send again; last_news_seq + 1 when there is none.
  std::optional<std::uint64_t> oldest_news_seq;
  /// News that it had to drop unacknowledged: how many, and when the first and the last were seen.
  std::optional<std::uint64_t> dropped;
  std::optional<Timestamp> dropped_from;
  std::optional<Timestamp> dropped_to;

  bool operator==(const Lease&) const = default;
};

/// The answer to a Lease.
struct LeaseReply {
  bool known = false;                    ///< false: say Hello again
  Timestamp lease_sent_at{};             ///< echo
  Timestamp now{};                       ///< by the aggregator's clock
  std::optional<Timestamp> reloaded_at;  ///< as in Beat

  bool operator==(const LeaseReply&) const = default;
};

/// From a consumer: give me what comes after this. Answered by one Replayed.
struct Replay {
  std::string journal;     ///< the journal that `after` belongs to; empty: whichever there is
  std::int64_t after = 0;  ///< -1: from the head, that is, nothing old
  std::int64_t limit = 500;
  std::optional<Timestamp> since;  ///< instead of `after`: from what was decided then or later

  bool operator==(const Replay&) const = default;
};

/// One page of old events. The consumer asks for the next one when it wants it.
struct Replayed {
  /// The aggregator's journal; events are empty when it is not the one asked for.
  std::string journal;
  std::int64_t after = 0;   ///< the events follow this seq (the request's, or the head for -1)
  std::int64_t oldest = 0;  ///< oldest seq that the journal still holds
  std::int64_t head = 0;    ///< newest published seq
  std::vector<Event> events;
  bool caught_up = false;              ///< nothing between the last of these and the head
  std::optional<std::int64_t> shared;  ///< last seq that the asked for, other journal has, too

  bool operator==(const Replayed&) const = default;
};

/// From a consumer: all events up to here have taken effect. To a prober: all its news up to here
/// are committed in this journal.
struct Ack {
  std::string journal;
  std::int64_t seq = 0;
  std::optional<std::uint64_t> resend_from;  ///< to a prober: send all news from here again
  /// With resend_from: at most so many of those in one message, for one could not be understood.
  std::optional<std::uint32_t> batch;

  bool operator==(const Ack&) const = default;
};

/// From an operator or a consumer. Words: "reload", "problems" [NEXT], "status", "forget" NAME.
struct Command {
  std::uint64_t id = 0;
  std::string word;
  std::vector<std::string> arguments;

  bool operator==(const Command&) const = default;
};

struct Reply {
  std::uint64_t id = 0;  ///< of the Command
  bool ok = false;
  std::string text;  ///< for people
  std::string journal;
  std::int64_t head = 0;
  std::vector<Event> problems;  ///< to "problems": openings of what is told, with the newest facts
  std::optional<std::string> next;  ///< there are more: what to ask for them with

  bool operator==(const Reply&) const = default;
};

/// Orderly end of a peer.
struct Goodbye {
  std::string instance;
  std::optional<std::uint64_t> last_news_seq;  ///< of a prober

  bool operator==(const Goodbye&) const = default;
};

}  // namespace stalewatch

#include "common/messages/message_fields.hpp"
