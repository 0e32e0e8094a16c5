// Frames as earlier versions sent them, in tests/data/kept/frames-1.txt (1: the version of the
// wire, which is in their headers): each is read as it was meant, and written with the same bytes.
//
// When a message gets a field, what is kept stays: the field is absent there and has its default,
// so nothing expected below changes. Add to for_each_kept a message that has it set ("reply,
// next"), and to the file what `common_tests "[print kept frames]"` prints of it. An optional field
// leaves what is written of the others as it was. One that is always written does not: then the old
// frames of that message are only read (leave out the comparison of their bytes, by name).

#include "common/messages/wire.hpp"
#include "tests/catch.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

using namespace stalewatch;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = timestamp_from_us(1'795'341'723'500'000);  // 2026-11-22T10:02:03.5Z

const Header any_header{1, "aggregator", "5f0c", 300};

// ---- what the frames say ----

Sample good_sample() {
  return {.target = 70'000,
          .news_seq = 12,
          .probed_at = t0,
          .took = 1500us,
          .streak = 3,
          .since = t0 - 1min,
          .http_status = 200,
          .computed_at = t0 - 2s,
          .clock_offset = -40ms,
          .clock_uncertainty = 500ms,
          .tls_expires_at = t0 + 24h * 90};
}

Sample failed_sample() {
  return {.target = 3,
          .probed_at = t0 + 1s,
          .took = 20ms,
          .outcome = Outcome::http_status,
          .since = t0 + 1s,
          .http_status = 503,
          .detail = "HTTP 503"};
}

Sample dated_sample() {
  auto sample = failed_sample();
  sample.outcome = Outcome::unknown;
  sample.date_off = 24h * 3000;
  return sample;
}

Sample twice_sample() {
  auto sample = good_sample();
  sample.computed_alt = *sample.computed_at + 1h;
  return sample;
}

Event full_event() {
  return {.seq = 4711,
          .episode = 4700,
          .kind = Kind::still_failing,
          .target = "ORDERS",
          .name = "Orders (production)",
          .address = "https://orders.example/api/status",
          .at = t0,
          .decided_at = t0 + 1ms,
          .observed_at = t0 - 1s,
          .computed_at = t0 - 20min,
          .previous_computed_at = t0 - 25min,
          .lag = -3ms,
          .age = 20min,
          .threshold = 15min,
          .since = t0 - 10min,
          .reason = "time_unreadable",
          .detail = "\"soon\" is no time",
          .prober = "berlin-1",
          .observers_failing = 2,
          .observers_of = 3,
          .inhibited = true,
          .announced = true,
          .late = true,
          .notify = true,
          .db_save = true,
          .repeat_number = 2,
          .next_reminder_at = t0 + 5min,
          .count = 1'000};
}

TargetSpec full_spec() {
  return {.id = 7,
          .key = "ORDERS",
          .address = "https://orders.example/api/status",
          .interval = 30s,
          .timeout = 10s,
          .time_field = "data.lastTime",
          .time_format = "rfc3339",
          .timezone = "Europe/Prague",
          .max_future = 1min,
          .failure_threshold = 3,
          .headers = {{"X-Team", "data"}, {"X-Token", "t0ken"}},
          .basic_auth = "monitor:pass",
          .ca_file = "/etc/stalewatch/ca.pem",
          .cert_file = "/etc/stalewatch/client.pem",
          .key_file = "/etc/stalewatch/client.key",
          .verify = false,
          .follow_redirects = true,
          .max_body = 65'536,
          .proxy = "http://proxy.example:3128"};
}

/// Each kept frame: its name, which begins with the topic, and the message that it is.
template <typename F>
void for_each_kept(F&& f) {
  f("samples, every field", SampleBatch{"j1", {good_sample(), failed_sample()}, 11});
  f("samples, no optional field", SampleBatch{"j1", {Sample{}}, std::nullopt});
  f("samples, with date_off and an outcome of the future",
    SampleBatch{"j1", {dated_sample()}, std::nullopt});
  f("samples, of a local time that came twice", SampleBatch{"j1", {twice_sample()}, std::nullopt});
  f("event, every field", full_event());
  f("event, no optional field", Event{});
  f("event, of a kind of the future",
    Event{.seq = 9, .kind = EventKind::unknown("certificate_expires"), .target = "ORDERS"});
  f("beat, every field", Beat{"j1", 4711, t0, true, "recorder has not acknowledged"});
  f("beat, no optional field", Beat{});
  f("beat, with reloaded_at",
    Beat{.journal = "j1", .head = 4711, .at = t0, .reloaded_at = t0 - 1s});
  f("hello, every field", Hello{"prober", "berlin-1", "5f0c", "berlin", 2, "0.1.0"});
  f("hello, empty", Hello{});
  f("targets, every field", Targets{"j1", 3, true, true, 5s, {full_spec(), TargetSpec{}}, {2, 3}});
  f("targets, empty", Targets{});
  f("targets, with a name",
    Targets{.assignment = "j1", .generation = 3, .full = true, .last = true, .name = "berlin-2"});
  f("lease, every field", Lease{"5f0c", 3, 12, t0, -5ms, 1ms, 9, 4, t0 - 1h, t0 - 1min});
  f("lease, no optional field", Lease{});
  f("lease_reply, every field", LeaseReply{true, t0, t0 + 1ms});
  f("lease_reply, empty", LeaseReply{});
  f("lease_reply, with reloaded_at",
    LeaseReply{.known = true, .lease_sent_at = t0, .now = t0, .reloaded_at = t0 - 1s});
  f("replay, every field", Replay{"j1", -1, 5'000, t0 - 2h});
  f("replay, no optional field", Replay{});
  f("replayed, every field", Replayed{"j1", 4710, 1, 4712, {full_event(), Event{}}, true, 4'000});
  f("replayed, no optional field", Replayed{});
  f("ack, every field", Ack{"j1", 1LL << 40, 13});
  f("ack, no optional field", Ack{});
  f("ack, with batch", Ack{"j1", 12, 13, 1});
  f("command, every field", Command{5, "forget", {"archive"}});
  f("command, empty", Command{});
  f("reply, every field", Reply{5, true, "2 open", "j1", 4711, {full_event(), Event{}}});
  f("reply, empty", Reply{});
  f("reply, with next", Reply{5, true, "1 open, and more", "j1", 4711, {Event{}}, "7 1"});
  f("goodbye, every field", Goodbye{"5f0c", 12});
  f("goodbye, no optional field", Goodbye{});
}

// ---- the file ----

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    std::array<char, 3> two;
    std::snprintf(two.data(), two.size(), "%02x", static_cast<unsigned>(c));
    out += two.data();
  }
  return out;
}

std::string bytes_of(const std::string& hex_text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex_text.size(); i += 2)
    out += static_cast<char>(std::stoi(hex_text.substr(i, 2), nullptr, 16));
  return out;
}

struct Frames {
  std::string header, body;  ///< bytes
};

/// Each frame follows a line "## its name": "header" and "body", each with its bytes as hex, in any
/// number of lines. A single # is for people.
std::map<std::string, Frames> kept_frames() {
  std::ifstream file(TEST_DATA "/kept/frames-1.txt");
  std::map<std::string, std::map<std::string, std::string>> hexes;
  std::string line, name, part;
  while (std::getline(file, line)) {
    if (line.starts_with("## ")) name = line.substr(3);
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word == "header" || word == "body")
        part = word;
      else
        hexes[name][part] += word;
    }
  }
  std::map<std::string, Frames> frames;
  for (auto& [which, parts] : hexes)
    frames[which] = {bytes_of(parts["header"]), bytes_of(parts["body"])};
  return frames;
}

/// The names of the fields that differ from their default.
template <HasFields M>
std::set<std::string> fields_set(const M& message) {
  const M fresh;
  std::set<std::string> names;
  for_each_field(message, [&]<typename T>(std::string_view name, const T& value) {
    for_each_field(fresh, [&]<typename U>(std::string_view other, const U& standard) {
      if constexpr (std::is_same_v<T, U>)
        if (name == other && value != standard) names.emplace(name);
    });
  });
  return names;
}

template <HasFields M>
std::set<std::string> fields_of() {
  const M message;
  std::set<std::string> names;
  for_each_field(message, [&](const char* name, const auto&) { names.emplace(name); });
  return names;
}

}  // namespace

TEST_CASE("kept frames are read as they were meant, and written the same", "[kept frames]") {
  const auto kept = kept_frames();
  std::set<std::string> names;
  for_each_kept([&]<typename M>(const std::string& name, const M& message) {
    INFO(name);
    names.insert(name);
    CHECK(name.substr(0, name.find(',')) == topic_of<M>());
    REQUIRE(kept.contains(name));
    const auto& [header, body] = kept.at(name);
    const auto read_header = decode_header(header);
    REQUIRE(read_header);
    CHECK(*read_header == any_header);
    CHECK(hex(encode_header(*read_header)) == hex(header));
    const auto read = decode<M>(body);
    REQUIRE(read);
    CHECK(*read == message);
    CHECK(hex(encode(message)) == hex(body));
  });
  for (const auto& [name, frames] : kept) CHECK(names.contains(name));
}

TEST_CASE("every field of every message is set in some kept frame", "[kept frames]") {
  std::map<std::string, std::set<std::string>> all, set;
  for_each_kept([&]<typename M>(const std::string&, const M& message) {
    all[std::string(topic_of<M>())] = fields_of<M>();
    set[std::string(topic_of<M>())].merge(fields_set(message));
  });
  all["a sample"] = fields_of<Sample>();
  set["a sample"] = fields_set(good_sample());
  set["a sample"].merge(fields_set(failed_sample()));
  set["a sample"].merge(fields_set(dated_sample()));
  set["a sample"].merge(fields_set(twice_sample()));
  all["a target"] = fields_of<TargetSpec>();
  set["a target"] = fields_set(full_spec());
  CHECK(set == all);
}

TEST_CASE("prints the frames as this version writes them", "[.][print kept frames]") {
  constexpr std::size_t width = 110;
  for_each_kept([&](const std::string& name, const auto& message) {
    std::cout << "\n## " << name << "\nheader " << hex(encode_header(any_header));
    const auto body = hex(encode(message));
    for (std::size_t at = 0; at < body.size(); at += width)
      std::cout << (at == 0 ? "\nbody   " : "\n       ") << body.substr(at, width);
    std::cout << '\n';
  });
}
