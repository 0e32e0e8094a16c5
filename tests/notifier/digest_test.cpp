#include "notifier/digest.hpp"

#include "common/base/text.hpp"
#include "make_event.hpp"
#include "notifier/render.hpp"
#include "notifier/sinks/rocketchat/text.hpp"
#include "tests/catch.hpp"

namespace stalewatch::notifier {
namespace {

/// What a chat reads of these events, attachments below the text.
std::string told(const std::vector<Item>& items) {
  use_berlin_time();
  const auto message = chat_message(fold(items));
  std::string all = message.text;
  for (const auto& attachment : message.attachments)
    all += "\n" + attachment.color + " [" + attachment.title + "]\n" + attachment.text;
  return all;
}

Event stale_at(std::int64_t seq, Timestamp at, const std::string& name = "PROD") {
  auto e = make_event(Kind::stale, seq, seq, at, name);
  e.since = at;
  e.age = e.threshold = 15min;
  return e;
}

Event later(Kind kind, std::int64_t seq, const Event& opening, Duration after) {
  auto e = make_event(kind, seq, *opening.episode, opening.at + after, opening.name);
  e.since = opening.since;
  return e;
}

TEST_CASE("one alarm alone is a message with everything in it", "[notifier]") {
  CHECK(told(items_of({stale_at(5, ten)})) ==
        "🔴 PROD is stale: data 15m old\n#d93025 [PROBLEM]\n"
        "PROD is stale: data 15m old (limit 15m)\n`http://h/v`\n#5");
}

TEST_CASE("several first alarms are one message with their names and their count", "[notifier]") {
  CHECK(told(items_of({stale_at(5, ten, "A"), stale_at(6, ten + 1s, "B")})) ==
        "🔴 2 new problems: A, B\n#d93025 [2 new problems]\n"
        "A is stale: data 15m old (limit 15m), `http://h/v` #5\n"
        "B is stale: data 15m old (limit 15m), `http://h/v` #6");
}

TEST_CASE("a thousand alarms are one message of bounded size that says how many", "[notifier]") {
  std::vector<Event> events;
  for (int i = 1; i <= 1000; ++i) events.push_back(stale_at(i, ten, "server " + std::to_string(i)));
  const auto message = chat_message(fold(items_of(events)));
  CHECK(message.text ==
        "🔴 1000 new problems: server 1, server 2, server 3, server 4, server 5, and 995 more");
  CHECK(message.text.size() <= max_text + 50);
  REQUIRE(message.attachments.size() == 1);
  CHECK(message.attachments[0].text.size() <= max_attachment_text);
  CHECK(bare_text(message).size() <= 4500);
}

TEST_CASE("an alarm and its recovery that both still wait are one sentence", "[notifier]") {
  const auto opening = stale_at(5, ten + 2min);
  const auto reminder = later(Kind::still_stale, 6, opening, 5min);
  const auto closing = later(Kind::fresh_again, 7, opening, 38min);
  const auto text = told(items_of({opening, reminder, closing}));
  CHECK(text.starts_with("⚪ PROD was stale 10:02-10:40 (38m)\n#80868b [CAME AND WENT]\n"));
  CHECK(text.find("reminder") == text.npos);
}

TEST_CASE("a reminder that its recovery has overtaken is not told", "[notifier]") {
  const auto opening = stale_at(5, ten);
  const auto text = told(items_of(
      {later(Kind::still_stale, 6, opening, 5min), later(Kind::fresh_again, 7, opening, 38min)}));
  CHECK(text.starts_with("🟢 PROD is fresh again after 38m\n#188038 [RECOVERED]\n"));
  CHECK(text.find("still") == text.npos);
}

TEST_CASE("of several reminders of one problem the last is told, those of several targets fold",
          "[notifier]") {
  const auto a = stale_at(1, ten, "A"), b = stale_at(2, ten, "B");
  const auto stories =
      fold(items_of({later(Kind::still_stale, 3, a, 5min), later(Kind::still_stale, 4, b, 5min),
                     later(Kind::still_stale, 5, a, 10min)}));
  REQUIRE(stories.size() == 2);
  CHECK(stories[0].form == Form::reminder);
  REQUIRE(stories[0].parts.size() == 1);
  CHECK(stories[0].parts[0].event.seq == 5);
  CHECK(stories[1].parts[0].event.seq == 4);
}

TEST_CASE("a reminder on top of its untold first alarm keeps it a first alarm", "[notifier]") {
  const auto a = stale_at(1, ten);
  const auto stories = fold(items_of({a, later(Kind::still_stale, 2, a, 5min)}));
  REQUIRE(stories.size() == 1);
  CHECK(stories[0].form == Form::problem);
  CHECK(stories[0].parts[0].event.kind == Kind::stale);
  CHECK(stories[0].parts[0].event.seq == 1);
}

TEST_CASE("what one step decided of a target is one story", "[notifier]") {
  auto answering = make_event(Kind::answering_again, 8, 3, ten);
  answering.since = ten - 40min;
  auto stale = stale_at(9, ten);
  stale.announced = true;
  stale.age = 40min;
  CHECK(told(items_of({answering, stale})) ==
        "🔴 PROD is answering again after 40m; is stale: data 40m old\n#d93025 [PROBLEM]\n"
        "PROD is answering again: was failing 09:20-10:00 (40m)\n"
        "PROD is stale: data 40m old (limit 15m)\n`http://h/v`\n#8, #9");
}

TEST_CASE("a target that flaps keeps every first alarm and every recovery", "[notifier]") {
  const auto one = stale_at(1, ten), two = stale_at(3, ten + 20min);
  const auto stories = fold(items_of({one, later(Kind::fresh_again, 2, one, 10min), two}));
  REQUIRE(stories.size() == 1);
  REQUIRE(stories[0].parts.size() == 2);
  CHECK(stories[0].parts[0].form == Form::passed);
  CHECK(stories[0].parts[1].form == Form::problem);
  CHECK(stories[0].form == Form::problem);
}

/// A target that failed and answered again every two minutes, and fails now.
std::vector<Item> flapping(int times, const std::string& name = "PROD") {
  std::vector<Event> events;
  for (int i = 0; i < times; ++i) {
    events.push_back(make_event(Kind::failing, 2 * i + 1, 2 * i + 1, ten + i * 2min, name));
    events.back().since = events.back().at;
    events.back().detail = std::string(500, '#');
    if (i + 1 < times)
      events.push_back(later(Kind::answering_again, 2 * i + 2, events.back(), 1min));
  }
  return items_of(events);
}

TEST_CASE("of a target that flapped all day the last is told, and how often it did before",
          "[notifier]") {
  const auto message = chat_message(fold(flapping(700)));
  CHECK(message.text.size() <= max_text + 50);
  CHECK_THAT(message.text, Catch::Matchers::StartsWith("🔴 PROD 6"));
  CHECK_THAT(message.text, Catch::Matchers::ContainsSubstring(" earlier; was failing "));
  CHECK_THAT(message.text, Catch::Matchers::EndsWith("; is failing"));
  REQUIRE(message.attachments.size() == 1);
  const auto& text = message.attachments[0].text;
  CHECK(text.size() <= max_attachment_text);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring(" earlier\nPROD was failing "));
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("\nPROD is failing: `"));
  CHECK_THAT(text, Catch::Matchers::EndsWith(", #1397, #1398, #1399"));
}

TEST_CASE("whatever is told together, with whatever names, a message is bounded", "[notifier]") {
  const std::string evil(200, '@');
  std::vector<Item> items;
  for (int i = 0; i < 20; ++i) {
    const auto some = flapping(60, evil + std::to_string(i));
    items.insert(items.end(), some.begin(), some.end());
  }
  // A story of each other form.
  const auto gone = make_event(Kind::retired, 9'001, 1, ten, evil + "a");
  const auto fact = make_event(Kind::samples_lost, 9'002, ten, evil + "b");
  const auto back = make_event(Kind::fresh_again, 9'003, 3, ten, evil + "c");
  const auto still = make_event(Kind::still_stale, 9'004, 4, ten, evil + "d");
  const auto opening = make_event(Kind::stale, 9'005, 9'005, ten, evil + "e");
  const auto over = later(Kind::fresh_again, 9'006, opening, 1min);
  for (auto& item : items_of({gone, fact, back, still, opening, over})) items.push_back(item);
  items.push_back({9'007, Note::already_open, make_event(Kind::stale, 1, 1, ten, evil + "f"), {}});
  const auto message = chat_message(fold(items));
  CHECK(message.attachments.size() == 7);
  CHECK(message.text.size() <= 4'000);
  for (const auto& attachment : message.attachments)
    CHECK(attachment.text.size() <= max_attachment_text);
  CHECK(bare_text(message).size() <= 4'500);
}

TEST_CASE("a retired target's open problems are over", "[notifier]") {
  const auto stories = fold(items_of({stale_at(1, ten), make_event(Kind::retired, 2, ten + 1s)}));
  REQUIRE(stories.size() == 1);
  CHECK(stories[0].parts[0].form == Form::passed);
  CHECK(told(items_of({stale_at(1, ten), make_event(Kind::retired, 2, ten + 1s)}))
            .starts_with("⚪ PROD was stale 10:00:00-10:00:01 (1s); is no longer configured\n"));
}

TEST_CASE("a server that leaves the configuration with its problem has not recovered",
          "[notifier]") {
  auto gone = make_event(Kind::retired, 7, 2, ten);
  gone.reason = "connect";
  gone.since = ten - 12s;
  gone.detail = "left the configuration while failing";
  CHECK(told(items_of({gone})) ==
        "⚪ PROD left the configuration while failing; closed after 12s\n#80868b [REMOVED]\n"
        "PROD left the configuration while failing, open "
        "09:59:48-10:00:00 (12s)\n`http://h/v`\n#7");
  CHECK(tone_of(gone) == Tone::fact);

  auto many = make_event(Kind::retired, 8, ten, "configuration");
  many.target.clear();
  many.detail = "2 targets left the configuration: A, B";
  CHECK(told(items_of({many}))
            .starts_with("⚪ configuration was changed (2 targets left the configuration)\n"));
}

TEST_CASE("problems and recoveries of one moment have their own colours in one message",
          "[notifier]") {
  const auto recovered = make_event(Kind::fresh_again, 7, 2, ten, "B");
  const auto message = chat_message(fold(items_of({recovered, stale_at(8, ten, "A")})));
  CHECK(message.text == "🔴 A is stale: data 15m old\n🟢 B is fresh again");
  REQUIRE(message.attachments.size() == 2);
  CHECK(message.attachments[0].color != message.attachments[1].color);
}

TEST_CASE("a sink that begins is told what is open, or that nothing is", "[notifier]") {
  CHECK(told({{1, Note::nothing_open, {}, {}}}) == "🟢 no open problems");
  auto items = items_of({stale_at(5, ten)});
  items[0].note = Note::already_open;
  items[0].event.since = ten - 25min;
  CHECK(told(items).starts_with(
      "🔴 PROD is stale: data 15m old, since 09:35:00+01:00\n#d93025 [OPEN PROBLEM]\n"));

  items = items_of({stale_at(5, ten)});
  items.insert(items.begin(), {1, Note::nothing_open, {}, {}});
  CHECK(told(items) == told(items_of({stale_at(5, ten)})));
}

TEST_CASE("no string from outside can mention or format in a chat", "[notifier]") {
  const std::string evil[] = {"@all",
                              "#general",
                              "a*b*",
                              "_x_",
                              "~s~",
                              "`code`",
                              "```",
                              "[t](http://evil)",
                              ":smile:",
                              "> quote",
                              "a\nb",
                              "\033[31m",
                              "\xff\xfe",
                              "<b>",
                              "www.evil.example",
                              "@here `@all` `",
                              "\u202egnol",
                              "| a | b |",
                              "1. x"};
  for (const auto& text : evil) {
    const auto quoted = quote_chat(text);
    INFO(quoted);
    CHECK(quoted.front() == '`');
    CHECK(quoted.back() == '`');
    CHECK(quoted.find('`', 1) == quoted.size() - 1);
    CHECK(quoted.find("@all") == quoted.npos);
    CHECK(quoted.find("@here") == quoted.npos);
    CHECK(quoted.find("#general") == quoted.npos);
    CHECK(quoted.find('\n') == quoted.npos);
    CHECK(to_valid_utf8(quoted) == quoted);
  }
  for (const std::string plain : {"PROD", "Orders EU-1", "Größe 7"})
    CHECK(quote_chat(plain) == plain);
  CHECK(quote_chat(std::string(1 << 20, '@')).size() < 220);
  CHECK(quote_chat(std::string(1 << 20, '@')).ends_with("...`"));
  CHECK(quote_chat(std::string(199, '_')) == "`" + std::string(199, '_') + "`");
}

}  // namespace
}  // namespace stalewatch::notifier
