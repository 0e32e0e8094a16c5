#pragma once

#include "notifier/sinks/rocketchat/body.hpp"
#include "notifier/sinks/rocketchat/retry.hpp"
#include "notifier/sinks/sink.hpp"

#include <functional>
#include <map>

namespace stalewatch::notifier {

/// First alarms and recoveries that come within this of the first become one message.
inline constexpr Duration grouping_window = std::chrono::seconds(2);

/// Sends what waits as one folded message, as often as the server allows, until it has confirmed.
class RocketchatSink : public Sink {
 public:
  using Post = std::function<HttpAnswer(const std::string& body, const std::stop_token&)>;
  /// A number in [0, 1) for the jitter of waits.
  using Random = std::function<double()>;

  RocketchatSink(Post post, RocketchatFields fields, Duration give_up_after, Random random);

  Handover deliver(const std::vector<Item>& items, Now now, const std::stop_token& stop) override;
  Result<std::string> test(Timestamp now) override;

 private:
  std::optional<SteadyTime> not_yet(const std::vector<Item>& items, Now now) const;
  SteadyTime look_again_at(SteadyTime due, Now now) const;
  std::size_t count_of(const std::vector<Item>& items, bool bare) const;
  void after(const Judgement& judgement, Now now, const std::vector<Item>& sent,
             Handover& handover);
  void after_unclear(Now now, const std::vector<Item>& sent, Handover& handover);
  void give_up(const std::vector<Item>& items, Now now, Handover& handover) const;

  Post post_;
  RocketchatFields fields_;
  Duration give_up_after_;
  Random random_;

  RateLimit rate_;
  unsigned failures_ = 0;  ///< in a row
  SteadyTime not_before_ = SteadyTime::min();
  /// Items up to this id were refused in their full form: next time bare.
  std::int64_t refused_up_to_ = 0;
  /// Items that were answered so that nobody knows whether people see them, and how often.
  std::map<std::int64_t, int> unclear_;
  /// When one that has never been sent may go out, whatever those wait for.
  SteadyTime new_not_before_ = SteadyTime::min();
};

SinkKind rocketchat_kind();

}  // namespace stalewatch::notifier
