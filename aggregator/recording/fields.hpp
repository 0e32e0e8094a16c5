#pragma once

// The fields of what a recording holds, for its codec. That none is forgotten is held by
// tests/structure_test.py.

#include "aggregator/input.hpp"
#include "aggregator/saved.hpp"

#include <string_view>

namespace stalewatch {

/// Secrets are left out: nothing is decided by them.
template <Message<ServerConfig> M, typename F>
void for_each_field(M& m, F&& f) {
  f("key", m.key), f("name", m.name), f("address", m.address), f("threshold", m.threshold);
  f("msg_interval", m.msg_interval), f("interval", m.interval), f("timeout", m.timeout);
  f("time_field", m.time_field), f("time_format", m.time_format), f("timezone", m.timezone);
  f("server_clock", m.server_clock), f("max_future", m.max_future);
  f("max_clock_offset", m.max_clock_offset), f("went_back_after", m.went_back_after);
  f("failure_threshold", m.failure_threshold), f("recover_after", m.recover_after);
  f("ca_file", m.ca_file), f("cert_file", m.cert_file), f("key_file", m.key_file);
  f("verify", m.verify), f("follow_redirects", m.follow_redirects), f("max_body", m.max_body);
  f("notification", m.notification), f("db_save", m.db_save);
}

}  // namespace stalewatch

namespace stalewatch::aggregator {

template <Message<ClockOffsets> M, typename F>
void for_each_field(M& m, F&& f) {
  static_assert(ClockOffsets::kept == 5);
  f("last_0", m.last[0]), f("last_1", m.last[1]), f("last_2", m.last[2]), f("last_3", m.last[3]);
  f("last_4", m.last[4]), f("count", m.count), f("next", m.next), f("from_before", m.from_before);
  f("measured_at", m.measured_at);
}

template <Message<TargetState> M, typename F>
void for_each_field(M& m, F&& f) {
  f("stored", m.stored), f("last_sample_at", m.last_sample_at), f("heard", m.heard);
  f("judged_at", m.judged_at), f("refused", m.refused), f("older_in_row", m.older_in_row);
  f("clock_off_in_row", m.clock_off_in_row), f("clock_ok_in_row", m.clock_ok_in_row);
  f("offsets", m.offsets), f("dateless_in_row", m.dateless_in_row);
  f("clock_awaited_from", m.clock_awaited_from), f("clock_given_up", m.clock_given_up);
}

template <Message<SavedTarget> M, typename F>
void for_each_field(M& m, F&& f) {
  f("id", m.id), f("policy", m.policy), f("state", m.state), f("views_seen", m.views_seen);
  f("armed", m.armed);
}

template <Message<SavedEverybody> M, typename F>
void for_each_field(M& m, F&& f) {
  f("policy", m.policy), f("stored", m.stored), f("nobody_since", m.nobody_since);
  f("sampled_since_joined", m.sampled_since_joined);
}

template <Message<SavedTargets> M, typename F>
void for_each_field(M& m, F&& f) {
  f("next_id", m.next_id), f("targets", m.targets), f("everybody", m.everybody);
  f("look_until", m.look_until), f("look_awaits", m.look_awaits);
}

template <Message<Prober> M, typename F>
void for_each_field(M& m, F&& f) {
  f("name", m.name), f("instance", m.instance), f("zone", m.zone), f("version", m.version);
  f("capacity", m.capacity), f("peer", m.peer), f("lease_until", m.lease_until);
  f("clock_offset", m.clock_offset), f("targets", m.targets), f("generation", m.generation);
  f("resend", m.resend), f("followed_by", m.followed_by);
}

template <Message<Asking> M, typename F>
void for_each_field(M& m, F&& f) {
  f("next", m.next), f("requests", m.requests), f("garbled", m.garbled);
  f("failures", m.failures);
}

template <Message<Leaving> M, typename F>
void for_each_field(M& m, F&& f) {
  f("until", m.until), f("last", m.last);
}

template <Message<Stream> M, typename F>
void for_each_field(M& m, F&& f) {
  f("name", m.name), f("instance", m.instance), f("presence", m.presence);
  f("leaving", m.leaving), f("received", m.received), f("committed", m.committed);
  f("told_last", m.told_last), f("batch_after", m.batch_after), f("flow", m.flow);
  f("outstanding_since", m.outstanding_since), f("asking", m.asking);
  f("wants_resend", m.wants_resend), f("next_tell", m.next_tell);
  f("garbled_until", m.garbled_until), f("heard_at", m.heard_at), f("saved_at", m.saved_at);
  f("goes_on", m.goes_on), f("told_refused", m.told_refused);
}

template <Message<SavedStream> M, typename F>
void for_each_field(M& m, F&& f) {
  f("stream", m.stream), f("catching_up", m.catching_up), f("given", m.given);
  f("tells_of_any_until", m.tells_of_any_until);
}

template <Message<SavedProbers> M, typename F>
void for_each_field(M& m, F&& f) {
  f("lease", m.lease), f("probers", m.probers), f("streams", m.streams);
  f("last_was_lost", m.last_was_lost), f("resumed_at", m.resumed_at);
  f("offsets_settle_at", m.offsets_settle_at);
}

template <Message<ConsumerRow> M, typename F>
void for_each_field(M& m, F&& f) {
  f("name", m.name), f("seq", m.seq), f("registered", m.registered), f("acked_at", m.acked_at);
  f("behind", m.behind), f("behind_since", m.behind_since);
}

template <Message<HeadMark> M, typename F>
void for_each_field(M& m, F&& f) {
  f("at", m.at), f("head", m.head);
}

template <Message<OpenTrouble> M, typename F>
void for_each_field(M& m, F&& f) {
  f("episode", m.episode), f("since", m.since);
}

template <Message<SavedConsumer> M, typename F>
void for_each_field(M& m, F&& f) {
  f("row", m.row), f("stuck", m.stuck);
}

template <Message<SavedConsumers> M, typename F>
void for_each_field(M& m, F&& f) {
  f("consumers", m.consumers), f("marks", m.marks), f("head", m.head);
}

template <Message<SavedSystem> M, typename F>
void for_each_field(M& m, F&& f) {
  f("consumers", m.consumers), f("trouble", m.trouble), f("resumed_at", m.resumed_at);
}

template <Message<Saved> M, typename F>
void for_each_field(M& m, F&& f) {
  f("next_seq", m.next_seq), f("latest", m.latest), f("targets", m.targets);
  f("probers", m.probers), f("system", m.system);
}

template <Message<ProberRow> M, typename F>
void for_each_field(M& m, F&& f) {
  f("name", m.name), f("instance", m.instance), f("received", m.received);
  f("heard_at", m.heard_at), f("lost", m.lost);
}

}  // namespace stalewatch::aggregator

namespace stalewatch::aggregator::input {

/// What an input is called in a recording.
template <typename T>
inline constexpr std::string_view name_of = "";

template <>
inline constexpr std::string_view name_of<Configure> = "configure";
template <Message<Configure> M, typename F>
void for_each_field(M& m, F&& f) {
  f("servers", m.servers), f("look_first", m.look_first);
}

template <>
inline constexpr std::string_view name_of<ConfigureConsumers> = "configure_consumers";
template <Message<ConfigureConsumers> M, typename F>
void for_each_field(M& m, F&& f) {
  f("names", m.names);
}

template <>
inline constexpr std::string_view name_of<Samples> = "samples";
template <Message<Samples> M, typename F>
void for_each_field(M& m, F&& f) {
  f("prober", m.prober), f("instance", m.instance), f("samples", m.samples), f("after", m.after);
}

template <>
inline constexpr std::string_view name_of<Garbled> = "garbled";
template <Message<Garbled> M, typename F>
void for_each_field(M& m, F&& f) {
  f("instance", m.instance);
}

template <>
inline constexpr std::string_view name_of<Hello> = "hello";
template <Message<Hello> M, typename F>
void for_each_field(M& m, F&& f) {
  f("message", m.message), f("peer", m.peer);
}

template <>
inline constexpr std::string_view name_of<Lease> = "lease";
template <Message<Lease> M, typename F>
void for_each_field(M& m, F&& f) {
  f("message", m.message), f("peer", m.peer);
}

template <>
inline constexpr std::string_view name_of<Goodbye> = "goodbye";
template <Message<Goodbye> M, typename F>
void for_each_field(M& m, F&& f) {
  f("message", m.message);
}

template <>
inline constexpr std::string_view name_of<Resend> = "resend";
template <Message<Resend> M, typename F>
void for_each_field(M& m, F&& f) {
  f("instance", m.instance);
}

template <>
inline constexpr std::string_view name_of<Assigned> = "assigned";
template <Message<Assigned> M, typename F>
void for_each_field(M& m, F&& f) {
  f("instance", m.instance), f("generation", m.generation);
}

template <>
inline constexpr std::string_view name_of<Published> = "published";
template <Message<Published> M, typename F>
void for_each_field(M& m, F&& f) {
  f("head", m.head);
}

template <>
inline constexpr std::string_view name_of<Acked> = "acked";
template <Message<Acked> M, typename F>
void for_each_field(M& m, F&& f) {
  f("consumer", m.consumer), f("seq", m.seq);
}

template <>
inline constexpr std::string_view name_of<ConsumerStuck> = "consumer_stuck";
template <Message<ConsumerStuck> M, typename F>
void for_each_field(M& m, F&& f) {
  f("consumer", m.consumer), f("why", m.why);
}

template <>
inline constexpr std::string_view name_of<WatchConsumers> = "watch_consumers";
template <Message<WatchConsumers> M, typename F>
void for_each_field(M& m, F&& f) {
  f("limit", m.limit);
}

template <>
inline constexpr std::string_view name_of<JournalTrouble> = "journal_trouble";
template <Message<JournalTrouble> M, typename F>
void for_each_field(M& m, F&& f) {
  f("what", m.what);
}

template <>
inline constexpr std::string_view name_of<Committed> = "committed";
template <Message<Committed> M, typename F>
void for_each_field(M& m, F&& f) {
  f("probers", m.probers);
}

template <>
inline constexpr std::string_view name_of<Resume> = "resume";
template <Message<Resume> M, typename F>
void for_each_field(M&, F&&) {}

template <>
inline constexpr std::string_view name_of<ClockStepped> = "clock_stepped";
template <Message<ClockStepped> M, typename F>
void for_each_field(M& m, F&& f) {
  f("step", m.step), f("detail", m.detail);
}

template <>
inline constexpr std::string_view name_of<ClockAdopted> = "clock_adopted";
template <Message<ClockAdopted> M, typename F>
void for_each_field(M& m, F&& f) {
  f("shift", m.shift), f("why", m.why);
}

template <>
inline constexpr std::string_view name_of<Tick> = "tick";
template <Message<Tick> M, typename F>
void for_each_field(M&, F&&) {}

}  // namespace stalewatch::aggregator::input
