#include "aggregator/recording/recording.hpp"

#include "aggregator/recording/codec.hpp"
#include "aggregator/recording/file.hpp"
#include "aggregator/recording/veil.hpp"
#include "common/base/text.hpp"
#include "common/messages/json_lines.hpp"
#include "common/messages/names.hpp"
#include "tests/aggregator/recording/inputs.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace stalewatch::aggregator {
namespace {

using Lines = std::vector<std::string>;

Lines decide(Core& core, const Input& input, Instant now) {
  core.apply(input, now);
  Lines lines;
  const auto changes = core.take_changes();
  for (const auto& event : changes.events) lines.push_back(to_json_line(event));
  core.apply(input::Committed{changes.probers}, now);
  core.take_acks();
  core.take_assignment_changes();
  return lines;
}

Lines replayed(const std::string& path) {
  RecordingReader recording(path);
  Core core(recording.state());
  Lines lines;
  while (const auto recorded = recording.next()) {
    core.apply(recorded->input, recorded->now);
    for (const auto& event : core.take_changes().events) lines.push_back(to_json_line(event));
  }
  return lines;
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string why_refused(const std::string& path) {
  try {
    replayed(path);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return {};
}

TEST_CASE("a core that was saved and read again decides the same as one that went on",
          "[recording]") {
  std::set<std::string> kinds;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    const auto inputs = RandomInputs(seed).make(400);
    Core core({}, 5s, t0);
    const std::size_t saved_at = seed * 7919 % inputs.size();
    for (std::size_t i = 0; i < saved_at; ++i) decide(core, inputs[i].input, inputs[i].now);
    const auto bytes = encode(core.save());
    auto saved = decode_saved(bytes);
    REQUIRE(saved);
    REQUIRE(encode(*saved) == bytes);
    Core again(*std::move(saved));
    REQUIRE(encode(again.save()) == bytes);
    for (std::size_t i = saved_at; i < inputs.size(); ++i) {
      const auto lines = decide(core, inputs[i].input, inputs[i].now);
      REQUIRE(decide(again, inputs[i].input, inputs[i].now) == lines);
      for (const auto& line : lines)
        kinds.insert(std::string(name_of(event_from_json(line)->kind)));
    }
    REQUIRE(encode(again.save()) == encode(core.save()));
  }
  CHECK(kinds.size() >= 20);
}

TEST_CASE("every input is read as it was written", "[recording]") {
  std::set<std::size_t> kinds;
  for (unsigned seed = 1; seed <= 20; ++seed)
    for (const auto& [input, now] : RandomInputs(seed).make(400)) {
      const auto bytes = encode(input, now);
      const auto again = decode_input(bytes);
      REQUIRE(again);
      REQUIRE(again->now == now);
      REQUIRE(again->input.index() == input.index());
      REQUIRE(encode(again->input, again->now) == bytes);
      if (const auto* samples = std::get_if<input::Samples>(&input))
        REQUIRE(std::get<input::Samples>(again->input).samples == samples->samples);
      kinds.insert(input.index());
    }
  // Committed is what decide() puts in.
  CHECK(kinds.size() == std::variant_size_v<Input> - 1);
  const Input committed = input::Committed{{{"host", "i", 7, t0, true}}};
  const auto again = decode_input(encode(committed, t0));
  REQUIRE(again);
  CHECK(std::get<input::Committed>(again->input).probers.at(0).received == 7);
}

TEST_CASE("a recording is decided again: the same events, from each of its files", "[recording]") {
  const Folder folder;
  const auto path = folder.file("recording");
  Core core({}, 5s, t0);
  RecordingFile file(path, 20'000);
  file.begin(core.save());
  core.listen([&](const Input& input, Instant now) { file.add(input, now); });
  Lines all, last_two;
  std::vector<std::size_t> begun{0};
  for (const auto& [input, now] : RandomInputs(3).make(3'000)) {
    for (auto& line : decide(core, input, now)) all.push_back(line);
    if (!file.is_full()) continue;
    file.begin(core.save());
    begun.push_back(all.size());
  }
  file.flush();
  REQUIRE(begun.size() > 3);
  const auto from = [&](std::size_t back) {
    return all.begin() + static_cast<std::ptrdiff_t>(begun.at(begun.size() - back));
  };
  CHECK(replayed(path + ".1") == Lines(from(2), from(1)));
  CHECK(replayed(path) == Lines(from(1), all.end()));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path),
                      std::filesystem::directory_iterator()) == 2);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
}

TEST_CASE("nobody finds a secret in a recording, and addresses stay what they are to decisions",
          "[recording]") {
  const Folder folder;
  const auto path = folder.file("recording");
  auto config = server();
  config.address = "https://operator:geheim-1@h/a?token=geheim-2&x=1#geheim-3";
  config.headers["Authorization"] = Secret("Bearer geheim-4");
  config.basic_auth = Secret("me:geheim-5");
  config.proxy = "http://me:geheim-6@proxy:8080";
  auto other = config;
  other.address = "https://operator:geheim-7@h/a?token=geheim-2&x=1#geheim-3";
  Core core({}, 5s, t0);
  RecordingFile file(path, 1 << 20);
  core.apply(input::Configure{{config}}, t0);
  core.take_changes();
  file.begin(core.save());
  core.listen([&](const Input& input, Instant now) { file.add(input, now); });
  Lines events;
  const auto put = [&](const Input& input, Instant now) {
    for (auto& line : decide(core, input, now)) events.push_back(line);
  };
  put(input::Configure{{config}}, t0 + 1s);  // as before: nothing is told
  put(input::Configure{{other}}, t0 + 2s);   // another password: another target
  put(input::Tick{}, t0 + 60s);
  file.flush();
  REQUIRE(events.size() == 2);
  CHECK(replayed(path) == events);
  CHECK(content_of(path).find("geheim") == std::string::npos);
}

TEST_CASE("an address behind a veil is shown as before, is equal only to itself, and is stable",
          "[recording]") {
  const Veil veil;
  const std::vector<std::string> addresses = {"http://h/a",
                                              "http://u:p@h/a",
                                              "http://u:q@h/a",
                                              "http://h/a#x",
                                              "http://h/a?token=abc",
                                              "http://h/a?token=abd",
                                              "h",
                                              "http://u:p@h/a?password=x&y=2#z"};
  std::set<std::string> veiled;
  for (const auto& address : addresses) {
    INFO(address);
    const auto hidden = veil.address(address);
    CHECK(address_for_people(hidden) == address_for_people(address));
    CHECK(veil.address(address) == hidden);
    veiled.insert(hidden);
  }
  CHECK(veiled.size() == addresses.size());
  CHECK(veil.address("http://h/a") == "http://h/a");
  CHECK(Veil().address("http://u:p@h/a") != veil.address("http://u:p@h/a"));
}

TEST_CASE("what is no whole recording of this build is refused by name, or read up to where it is",
          "[recording]") {
  const Folder folder;
  const auto path = folder.file("recording");
  Core core({}, 5s, t0);
  RecordingFile file(path, 1 << 20);
  file.begin(core.save());
  core.listen([&](const Input& input, Instant now) { file.add(input, now); });
  Lines events;
  for (const auto& [input, now] : RandomInputs(5).make(50))
    for (auto& line : decide(core, input, now)) events.push_back(line);
  file.flush();
  const auto whole = content_of(path);
  REQUIRE(replayed(path) == events);

  for (std::size_t cut = 1; cut < 200; ++cut) {
    write(path, whole.substr(0, whole.size() - cut));
    const auto some = replayed(path);
    REQUIRE(some.size() <= events.size());
    REQUIRE(std::equal(some.begin(), some.end(), events.begin()));
  }
  write(path, "stalewatch recording 1\nbuild 00\n\n");
  CHECK(why_refused(path).find("another build") != std::string::npos);
  write(path, "stalewatch recording 2\nbuild 00\n\n");
  CHECK(why_refused(path).find("no recording that this version can read") != std::string::npos);
  write(path, "{}");
  CHECK(why_refused(path).find("no recording") != std::string::npos);
  CHECK(why_refused(folder.file("missing")).find("No such file") != std::string::npos);
  const auto records = whole.find("\n\n") + 2;
  write(path, whole.substr(0, records) + std::string(4, '\xff'));
  CHECK(why_refused(path).find("damaged") != std::string::npos);
  write(path, whole.substr(0, records) + std::string("\x01\0\0\0\xc1", 5));
  CHECK(why_refused(path).find("its state cannot be understood") != std::string::npos);
}

TEST_CASE("a file that is not begun to its end leaves those before as they are", "[recording]") {
  const Folder folder;
  const auto path = folder.file("recording"), one_before = path + ".1", begun = path + ".new";
  Core core({}, 5s, t0);
  RecordingFile file(path, 1 << 20);
  file.begin(core.save());
  const auto first = content_of(path);
  std::filesystem::create_directory(begun);
  CHECK_THROWS(file.begin(core.save()));
  CHECK(content_of(path) == first);
  CHECK_FALSE(std::filesystem::exists(one_before));
  std::filesystem::remove(begun);
  write(begun, "half");  // what a kill left
  file.begin(core.save());
  CHECK(content_of(one_before) == first);
  CHECK(replayed(path).empty());
  CHECK_FALSE(std::filesystem::exists(begun));
}

TEST_CASE("a recording that cannot be written ends, and nothing else does", "[recording]") {
  const Folder folder;
  Core core({}, 5s, t0);
  CHECK_THROWS(Recording(core, {.file = folder.file("no/such/folder"), .size = 1}));
  CHECK_THROWS(Recording(core, {.file = folder.path.string(), .size = 1}));
  Recording recording(core, {.file = folder.file("r"), .size = 1});
  std::filesystem::remove_all(folder.path);
  for (const auto& [input, now] : RandomInputs(5).make(20'000)) core.apply(input, now);
  core.take_changes();
  recording.look();  // the next file cannot be begun: told
  recording.look();
  core.apply(input::Tick{}, t0 + 24h);
  CHECK(core.next_seq() > 1);
}

}  // namespace
}  // namespace stalewatch::aggregator
