// Local times without an offset in the night in which clocks go back, minute by minute: what the
// zone's clocks show is written by the target, read by the prober's reader and judged here.

#include "aggregator/target/data_axis.hpp"
#include "common/times/computed_time.hpp"
#include "tests/aggregator/bench.hpp"
#include "tests/catch.hpp"

#include <date/tz.h>

#include <functional>

namespace stalewatch::aggregator {
namespace {

struct Night {
  const char* zone;
  Instant back;  ///< the instant at which clocks go back
};

const Night nights[] = {
    {"Europe/Prague", timestamp_from_us(1'792'890'000'000'000)},        // 2026-10-25T01:00Z
    {"America/New_York", timestamp_from_us(1'793'512'800'000'000)},     // 2026-11-01T06:00Z
    {"Australia/Lord_Howe", timestamp_from_us(1'775'314'800'000'000)},  // 2026-04-04T15:00Z
};

std::string local(const Night& night, Instant t) {
  const date::sys_time<Duration> instant = t;
  return date::format("%Y-%m-%d %H:%M:%S", date::make_zoned(night.zone, instant));
}

ServerConfig watched() {
  auto config = server();
  config.interval = 10s;
  config.threshold = 15min;
  return config;
}

/// Probes the target each 20 s through the night; `computed` says what it had computed last at an
/// instant. Every 7th probe comes from another prober, and at times the aggregator restarts.
class Watch {
 public:
  Watch(const Night& night, std::function<Instant(Instant)> computed)
      : night_(night), computed_(std::move(computed)), format_("auto", night.zone) {}

  void through(Duration from, Duration to) {
    Bench bench({watched()}, night_.back + from);
    int probe = 0;
    for (Instant t = night_.back + from; t <= night_.back + to; t += 20s, ++probe) {
      if (probe % 50 == 49) {
        keep(bench);
        bench = bench.restarted(t);
      }
      const auto reading = format_.read(local(night_, computed_(t)), false);
      bench.sample(t,
                   {.http_status = 200, .computed_at = reading.time, .computed_alt = reading.alt},
                   probe % 7 == 0 ? "other" : "p1");
    }
    keep(bench);
  }

  const std::vector<Event>& events() const { return events_; }
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::count_if(events_.begin(), events_.end(),
                                                  [&](const Event& e) { return e.kind == kind; }));
  }

 private:
  void keep(const Bench& bench) {
    events_.insert(events_.end(), bench.all().begin(), bench.all().end());
  }

  Night night_;
  std::function<Instant(Instant)> computed_;
  TimeFormat format_;
  std::vector<Event> events_;
};

Instant minute_of(Instant t) { return t - ((t - Instant()) % Duration(1min)); }

TEST_CASE("the zones' clocks go back when the test says so") {
  for (const auto& night : nights) {
    CAPTURE(night.zone);
    CHECK(local(night, night.back) < local(night, night.back - 1s));
  }
}

TEST_CASE("a target that updates each minute through the night: each is read as what it is") {
  for (const auto& night : nights) {
    for (const Duration ahead : {Duration(0), Duration(2s), Duration(30s)}) {
      CAPTURE(night.zone, ahead.count());
      Watch watch(night, [&](Instant t) { return minute_of(t) + ahead; });
      watch.through(-2h - 5min, 3h);
      for (const auto& event : watch.events()) {
        CAPTURE(name_of(event.kind), format_utc(event.at));
        REQUIRE(event.kind == Kind::updated);
        REQUIRE(event.computed_at == minute_of(event.at) + ahead);
      }
      CHECK(watch.count(Kind::updated) == 305);
    }
  }
}

TEST_CASE("a target that freezes at any minute of the night is stale once, and when it is") {
  for (const auto& night : nights) {
    for (Duration frozen = -2h; frozen <= 1h; frozen += 7min) {
      CAPTURE(night.zone, frozen.count());
      const Instant last = night.back + frozen;
      Watch watch(night, [&](Instant t) { return std::min(minute_of(t), last); });
      watch.through(-2h - 5min, 4h);
      REQUIRE(watch.count(Kind::stale) == 1);
      CHECK(watch.count(Kind::fresh_again) == 0);
      CHECK(watch.count(Kind::went_back) == 0);
      for (const auto& event : watch.events())
        if (event.kind == Kind::stale) CHECK(event.at == last + 15min + Duration(1));
    }
  }
}

TEST_CASE("a target that updates each two hours is as old as it is") {
  for (const auto& night : nights) {
    CAPTURE(night.zone);
    for (Duration phase = 0s; phase < 2h; phase += 10min) {
      CAPTURE(phase.count());
      const auto computed = [&](Instant t) {
        const Instant first = night.back - 12h + phase;
        return first + (t - first) / Duration(2h) * Duration(2h);
      };
      Watch watch(night, computed);
      watch.through(-5h, 5h);
      for (const auto& event : watch.events())
        if (event.kind == Kind::updated) CHECK(event.computed_at == computed(event.at));
    }
  }
}

TEST_CASE("the first text of all is the later instant that can have been") {
  const Night& night = nights[0];
  for (const Duration at : {Duration(-20min), Duration(10min)}) {
    const Instant now = night.back + at;
    Watch watch(night, [&](Instant) { return now - 1min; });
    watch.through(at, at);
    CHECK(watch.events().empty());  // fresh, and so not read as an hour older
  }
}

}  // namespace
}  // namespace stalewatch::aggregator
