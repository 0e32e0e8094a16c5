#pragma once

// The core as it stands between two inputs, for a recording that begins there: all that later
// decisions follow from. What is only shown (counts, what the log was told once) is left out, and
// of a policy what only probers need. Plain data.

#include "aggregator/probers/membership.hpp"
#include "aggregator/probers/stream.hpp"
#include "aggregator/rows.hpp"
#include "aggregator/target/state.hpp"
#include "common/config/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stalewatch::aggregator {

struct SavedTarget {
  std::uint32_t id = 0;
  ServerConfig policy;
  TargetState state;
  std::vector<NodeTime> views_seen;  ///< of its views, which the journal does not know
  std::optional<NodeTime> armed;     ///< when its next deadline comes up
};

struct SavedEverybody {
  ServerConfig policy;
  StoredState stored;
  std::optional<NodeTime> nobody_since;
  bool sampled_since_joined = true;
};

struct SavedTargets {
  std::uint32_t next_id = 1;
  std::vector<SavedTarget> targets;
  SavedEverybody everybody;
  std::optional<NodeTime> look_until;
  std::vector<std::uint32_t> look_awaits;
};

struct SavedStream {
  Stream stream;
  std::vector<std::uint32_t> catching_up, given;
  std::optional<NodeTime> tells_of_any_until;  ///< nothing: for ever
};

struct SavedProbers {
  Duration lease{};
  std::vector<Prober> probers;
  std::vector<SavedStream> streams;
  bool last_was_lost = false;
  NodeTime resumed_at{};
  NodeTime offsets_settle_at{};
};

struct SavedConsumer {
  ConsumerRow row;
  std::optional<std::string> stuck;  ///< why it takes nothing, if it has said so
};

struct SavedConsumers {
  std::vector<SavedConsumer> consumers;
  std::vector<HeadMark> marks;
  std::int64_t head = 0;
};

struct SavedSystem {
  SavedConsumers consumers;
  OpenTrouble trouble;
  NodeTime resumed_at{};
};

struct Saved {
  std::int64_t next_seq = 1;
  NodeTime latest{};
  SavedTargets targets;
  SavedProbers probers;
  SavedSystem system;
};

}  // namespace stalewatch::aggregator
