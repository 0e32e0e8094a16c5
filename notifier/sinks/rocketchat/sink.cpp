#include "notifier/sinks/rocketchat/sink.hpp"

#include "common/config/sections/rocketchat.hpp"
#include "notifier/http_post.hpp"

#include <algorithm>
#include <memory>
#include <random>

namespace stalewatch::notifier {
namespace {

/// An unavailable server is worth a line elsewhere only when it is not just restarting.
constexpr unsigned failures_worth_telling = 3;
constexpr Duration look_for_new = std::chrono::seconds(10);

std::unique_ptr<Sink> make_rocketchat_sink(const Config& config) {
  const auto& from = *config.section<RocketchatConfig>();
  auto http = std::make_shared<HttpPost>(
      HttpPost::Options{from.webhook, from.headers, from.ca_file, from.proxy});
  auto random = std::make_shared<std::mt19937_64>(std::random_device{}());
  return std::make_unique<RocketchatSink>(
      [http](const std::string& body, const std::stop_token& stop) {
        return http->post(body, stop);
      },
      RocketchatFields{from.channel, from.alias, from.emoji}, config.give_up_after,
      [random] { return std::uniform_real_distribution<>{}(*random); });
}

}  // namespace

RocketchatSink::RocketchatSink(Post post, RocketchatFields fields, Duration give_up_after,
                               Random random)
    : post_(std::move(post)),
      fields_(std::move(fields)),
      give_up_after_(give_up_after),
      random_(std::move(random)) {}

/// When to come again, if the time to send has not come.
std::optional<SteadyTime> RocketchatSink::not_yet(const std::vector<Item>& items, Now now) const {
  const bool has_new = !unclear_.empty() && !unclear_.contains(items.back().id);
  auto due = std::max(has_new ? new_not_before_ : not_before_, rate_.next_call());
  // A wall clock that was set back must not hold a message back.
  const auto waited = now.wall - items.front().queued_at;
  if (waited >= Duration{0} && waited < grouping_window)
    due = std::max(due, now.mono + (grouping_window - waited));
  if (due <= now.mono) return std::nullopt;
  return look_again_at(due, now);
}

/// While what was sent waits for long, something new may come.
SteadyTime RocketchatSink::look_again_at(SteadyTime due, Now now) const {
  return unclear_.empty() ? due : std::min(due, now.mono + look_for_new);
}

/// How many of the items the next message tells.
std::size_t RocketchatSink::count_of(const std::vector<Item>& items, bool bare) const {
  if (!bare) return std::min(max_items, items.size());
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [&](const Item& item) { return item.id <= refused_up_to_; }));
}

Handover RocketchatSink::deliver(const std::vector<Item>& items, Now now,
                                 const std::stop_token& stop) {
  Handover handover;
  if ((handover.again_at = not_yet(items, now))) return handover;
  const bool bare = items.front().id <= refused_up_to_;
  const auto count = count_of(items, bare);
  const auto message =
      chat_message(fold({items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)}));
  rate_.on_call(now.mono);
  const auto answer =
      post_(bare ? rocketchat_bare_body(message) : rocketchat_body(message, fields_), stop);
  if (answer.status == 0 && stop.stop_requested()) {
    handover.again_at = now.mono;
    return handover;
  }
  after(judge(answer, now.wall), now,
        {items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)}, handover);
  if (handover.failed && handover.set_aside.empty()) give_up(items, now, handover);
  return handover;
}

void RocketchatSink::after(const Judgement& judgement, Now now, const std::vector<Item>& sent,
                           Handover& handover) {
  const bool bare = sent.front().id <= refused_up_to_;
  handover.failed = judgement.fate != Fate::delivered;
  handover.why = judgement.why;
  switch (judgement.fate) {
    case Fate::delivered:
      for (const auto& item : sent) handover.done.push_back(item.id);
      failures_ = 0;
      unclear_.clear();
      not_before_ = SteadyTime::min();
      break;
    case Fate::unclear:
      after_unclear(now, sent, handover);
      break;
    case Fate::message_refused:
      refused_up_to_ = sent.back().id;
      if (!bare) break;  // at once again, in its barest form
      for (const auto& item : sent) handover.set_aside.push_back(item.id);
      handover.tell = true;
      break;
    case Fate::slow_down:
      handover.rate_limited = judgement.wait;
      not_before_ =
          now.mono + judgement.wait + Duration(static_cast<std::int64_t>(random_() * 1e6));
      break;
    case Fate::sink_refused:
    case Fate::unavailable:
      ++failures_;
      handover.tell = judgement.fate == Fate::sink_refused || failures_ >= failures_worth_telling;
      not_before_ = now.mono + wait_after(judgement.fate, failures_, random_());
      break;
  }
  if (handover.failed) handover.again_at = look_again_at(std::max(not_before_, now.mono), now);
}

/// All that waits was sent, what is new with what was sent before, as one story: those that have
/// been sent often enough are set aside.
void RocketchatSink::after_unclear(Now now, const std::vector<Item>& sent, Handover& handover) {
  int attempts = 0;
  std::map<std::int64_t, int> still_unclear;
  for (const auto& item : sent) {
    attempts = unclear_[item.id] + 1;
    if (wait_for_clarity(attempts))
      still_unclear[item.id] = attempts;
    else
      handover.set_aside.push_back(item.id);
  }
  unclear_ = std::move(still_unclear);
  new_not_before_ = now.mono + *wait_for_clarity(1);
  // The last one has been sent least often.
  not_before_ = now.mono + wait_for_clarity(attempts).value_or(Duration{0});
  if (handover.set_aside.empty()) return;
  handover.tell = true;
  handover.why += ", each time; people may see the messages there all the same";
}

/// What has waited for longer than a person can make use of it.
void RocketchatSink::give_up(const std::vector<Item>& items, Now now, Handover& handover) const {
  for (const auto& item : items)
    if (now.wall - item.queued_at > give_up_after_) handover.set_aside.push_back(item.id);
  if (!handover.set_aside.empty()) handover.tell = true;
}

Result<std::string> RocketchatSink::test(Timestamp now) {
  const auto judgement = judge(post_(rocketchat_body(test_message(now), fields_), {}), now);
  if (judgement.fate != Fate::delivered) return Error{judgement.why};
  return judgement.why;
}

SinkKind rocketchat_kind() {
  return {.name = "rocketchat",
          .title = "Rocket.Chat",
          .configured =
              [](const Config& config) { return config.section<RocketchatConfig>() != nullptr; },
          .wants = [](const Event& event) { return event.notify; },
          .same =
              [](const Config& a, const Config& b) {
                return same_section<RocketchatConfig>(a, b) && a.give_up_after == b.give_up_after;
              },
          .folds = true,
          .make = make_rocketchat_sink};
}

}  // namespace stalewatch::notifier
