#pragma once

// The data axis: which computed time is judged, and what a new, older or late one leads to.

#include "aggregator/target/step.hpp"

namespace stalewatch::aggregator {

/// The first instant at which the data are stale, by our clock as long as the one that they go by
/// is not known; nothing while they are, or while no time is known.
std::optional<NodeTime> stale_due(const Target& target, const TargetState& state);

/// The computed time of an ok sample; nothing of another. A local time that came twice, for the
/// clocks went back, can mean two instants: the same text is the same instant as before, another
/// one the smaller step forward that is no later than the sample's time and max_future, unless the
/// target was looked at then and did not show it; the first of all the later that is not.
std::optional<Timestamp> reading_of(const Step& step, const Observation& seen);

/// The computed time that is judged once the sample, an ok one, is taken.
std::optional<Timestamp> judged_after(const Step& step, const Observation& seen);

/// Takes the computed time of an ok sample. True when the stored state changed.
bool judge_data(Step& step, const Observation& seen);

/// Opens the problem: stale since `since`, told at `at`. `past`: it may be over already.
void open_stale(Step& step, NodeTime at, NodeTime since, bool past = false);

/// Ends the problem if the data are fresh at `at`. `why`, for people, where no sample did it.
void end_if_fresh(Step& step, NodeTime at, const std::string& why = {});

/// First sample of a run, or an old one: when the data went stale while nobody looked, that is told
/// before the sample itself, as past (late, not in chat) if the sample ends it or more may follow.
/// True when it opened an episode.
bool tell_past_episode(Step& step, const Observation& seen);

}  // namespace stalewatch::aggregator
