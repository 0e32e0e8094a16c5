#pragma once

// The fields of every message, once: the second half of messages.hpp, the only one to
// include this.

#include <type_traits>

namespace stalewatch {

template <typename M, typename T>
concept Message = std::is_same_v<std::remove_cv_t<M>, T>;

template <Message<Sample> M, typename F>
void for_each_field(M& m, F&& f) {
  f("target", m.target), f("news_seq", m.news_seq), f("probed_at", m.probed_at), f("took", m.took);
  f("outcome", m.outcome), f("streak", m.streak), f("since", m.since),
      f("http_status", m.http_status);
  f("computed_at", m.computed_at), f("clock_offset", m.clock_offset),
      f("clock_uncertainty", m.clock_uncertainty);
  f("tls_expires_at", m.tls_expires_at), f("detail", m.detail), f("date_off", m.date_off),
      f("computed_alt", m.computed_alt);
}

template <Message<SampleBatch> M, typename F>
void for_each_field(M& m, F&& f) {
  f("assignment", m.assignment), f("samples", m.samples), f("after", m.after);
}

template <Message<Event> M, typename F>
void for_each_field(M& m, F&& f) {
  f("seq", m.seq), f("episode", m.episode), f("kind", m.kind), f("target", m.target),
      f("name", m.name);
  f("address", m.address), f("at", m.at), f("decided_at", m.decided_at),
      f("observed_at", m.observed_at);
  f("computed_at", m.computed_at), f("previous_computed_at", m.previous_computed_at),
      f("lag", m.lag);
  f("age", m.age), f("threshold", m.threshold), f("since", m.since), f("reason", m.reason);
  f("detail", m.detail), f("prober", m.prober), f("observers_failing", m.observers_failing);
  f("observers_of", m.observers_of), f("inhibited", m.inhibited), f("announced", m.announced);
  f("late", m.late), f("notify", m.notify), f("db_save", m.db_save),
      f("repeat_number", m.repeat_number);
  f("next_reminder_at", m.next_reminder_at), f("count", m.count);
}

template <Message<Beat> M, typename F>
void for_each_field(M& m, F&& f) {
  f("journal", m.journal), f("head", m.head), f("at", m.at), f("moving", m.moving);
  f("standstill", m.standstill), f("reloaded_at", m.reloaded_at);
}

template <Message<TargetSpec> M, typename F>
void for_each_field(M& m, F&& f) {
  f("id", m.id), f("key", m.key), f("address", m.address), f("interval", m.interval),
      f("timeout", m.timeout);
  f("time_field", m.time_field), f("time_format", m.time_format), f("timezone", m.timezone);
  f("max_future", m.max_future), f("failure_threshold", m.failure_threshold),
      f("headers", m.headers);
  f("basic_auth", m.basic_auth), f("ca_file", m.ca_file), f("cert_file", m.cert_file);
  f("key_file", m.key_file), f("verify", m.verify), f("follow_redirects", m.follow_redirects);
  f("max_body", m.max_body), f("proxy", m.proxy);
}

template <Message<Hello> M, typename F>
void for_each_field(M& m, F&& f) {
  f("role", m.role), f("name", m.name), f("instance", m.instance), f("zone", m.zone);
  f("capacity", m.capacity), f("version", m.version);
}

template <Message<Targets> M, typename F>
void for_each_field(M& m, F&& f) {
  f("assignment", m.assignment), f("generation", m.generation), f("full", m.full),
      f("last", m.last);
  f("lease", m.lease), f("added", m.added), f("removed", m.removed);
  f("name", m.name);
}

template <Message<Lease> M, typename F>
void for_each_field(M& m, F&& f) {
  f("instance", m.instance), f("generation", m.generation), f("last_news_seq", m.last_news_seq);
  f("sent_at", m.sent_at), f("clock_offset", m.clock_offset),
      f("clock_uncertainty", m.clock_uncertainty);
  f("oldest_news_seq", m.oldest_news_seq), f("dropped", m.dropped),
      f("dropped_from", m.dropped_from), f("dropped_to", m.dropped_to);
}

template <Message<LeaseReply> M, typename F>
void for_each_field(M& m, F&& f) {
  f("known", m.known), f("lease_sent_at", m.lease_sent_at), f("now", m.now);
  f("reloaded_at", m.reloaded_at);
}

template <Message<Replay> M, typename F>
void for_each_field(M& m, F&& f) {
  f("journal", m.journal), f("after", m.after), f("limit", m.limit), f("since", m.since);
}

template <Message<Replayed> M, typename F>
void for_each_field(M& m, F&& f) {
  f("journal", m.journal), f("after", m.after), f("oldest", m.oldest), f("head", m.head);
  f("events", m.events), f("caught_up", m.caught_up), f("shared", m.shared);
}

template <Message<Ack> M, typename F>
void for_each_field(M& m, F&& f) {
  f("journal", m.journal), f("seq", m.seq), f("resend_from", m.resend_from);
  f("batch", m.batch);
}

template <Message<Command> M, typename F>
void for_each_field(M& m, F&& f) {
  f("id", m.id), f("word", m.word), f("arguments", m.arguments);
}

template <Message<Reply> M, typename F>
void for_each_field(M& m, F&& f) {
  f("id", m.id), f("ok", m.ok), f("text", m.text), f("journal", m.journal), f("head", m.head);
  f("problems", m.problems), f("next", m.next);
}

template <Message<Goodbye> M, typename F>
void for_each_field(M& m, F&& f) {
  f("instance", m.instance), f("last_news_seq", m.last_news_seq);
}

/// Types that have a for_each_field.
template <typename T>
concept HasFields = requires(T& m) {
  for_each_field(m, [](const char*, auto&) {});
};

}  // namespace stalewatch
