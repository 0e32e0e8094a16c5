"""What really happened, from the mock's log and from what the harness did itself. No word of the system enters here."""

import bisect
import collections
from dataclasses import dataclass

import targets as t

FAR_ADDRESS = "10.77.0.2"  # of the host that the prober `far` runs on
# Seconds. docs: tests/chaos/README.md says why each.
PROMPT = 2.0  # from an answer to the decision it leads to, when nothing disturbs
LEAD = 1.0  # what was under way when a fault began
RECOVERY = 4.0  # until the chain works again after a fault: reconnecting, hello, lease, targets, the next probe
JOINING = 3.0  # from a reload to the first sample of a target that it added


@dataclass
class Update:
    """A computed time that was new when it was first sent."""
    computed_us: int
    answers: list  # all that showed it, in order

    @property
    def sent(self):
        return self.answers[0].sent


@dataclass
class Life:
    """A target from being configured to being removed."""
    target: t.Target
    begin: float
    end: float
    updates: list  # the first is the first sample, no update
    good: list  # instants of all good answers


class Windows:
    """Stretches of time in which something may be late."""

    def __init__(self, entries, lead, grace):
        self.entries, self.lead, self.grace = entries, lead, grace
        self.merged = []
        for begin, end in sorted((e.begin - lead, e.end + grace) for e in entries):
            if self.merged and begin <= self.merged[-1][1]:
                self.merged[-1][1] = max(self.merged[-1][1], end)
            else:
                self.merged.append([begin, end])
        self.ends = [end for _, end in self.merged]

    def touches(self, begin, end):
        n = bisect.bisect_left(self.ends, begin)  # the first window that is not over by then
        return n < len(self.merged) and self.merged[n][0] <= end

    def covers(self, begin, end):
        n = bisect.bisect_left(self.ends, begin)
        return n < len(self.merged) and self.merged[n][0] <= begin and end <= self.merged[n][1]

    def longest_calm(self, begin, end):
        """Seconds of the longest part of a stretch that no window touches."""
        longest, at = 0.0, begin
        for b, e in self.merged[bisect.bisect_left(self.ends, begin):]:
            longest = max(longest, min(b, end) - at)
            at = max(at, e)
            if at >= end:
                return longest
        return max(longest, end - at)


class Truth:
    def __init__(self, evidence):
        self.evidence = evidence
        entries = evidence.entries
        self.of = lambda *kinds, path=None: [e for e in entries if e.kind in kinds and path in (None, e.path or path)]
        self.disturbed = Windows([e for e in entries if "samples" in e.disturbs], LEAD, RECOVERY)
        # An aggregator that was away or stood still does not judge by the silence meanwhile.
        self.absences = self.of("aggregator_killed", "aggregator_terminated", "aggregator_stopped", "machine_stalled")
        self.unheard = Windows([e for e in self.disturbed.entries if not e.kind.startswith("aggregator_")], LEAD, RECOVERY)
        blind = [e for e in entries if "probes" in e.disturbs]
        self.unseen = Windows(blind, t.TIMEOUT + 0.1, 0.3)
        self.unseen_by = {party: Windows([e for e in blind if e.who in (party, "")], t.TIMEOUT + 0.1, 0.3)
                          for party in ("near", "far")}
        self.lives = self._lives()
        self.decided_updates = {}  # of each target: its `updated` events that were not late
        for e in evidence.events:
            if e["kind"] == "updated" and not e["late"]:
                self.decided_updates.setdefault(e["server"], []).append(e)
        self.judged = collections.Counter()  # what was there to be told, and had the calm to be told

    def _lives(self):
        by_path = {}
        for answer in sorted(self.evidence.answers, key=lambda a: (a.at, a.n)):
            by_path.setdefault(answer.path, []).append(answer)
        return [self._life(entry, by_path.get(entry.path, [])) for entry in self.of("configured")]

    def _life(self, entry, answers):
        target = t.ALL[entry.path[1:]]
        good = [a for a in answers if entry.begin <= a.at <= entry.end and a.status == 200 and a.computed_us is not None]
        updates = []
        for answer in good:
            if not updates or answer.computed_us > updates[-1].computed_us:
                updates.append(Update(answer.computed_us, [answer]))
            elif answer.computed_us == updates[-1].computed_us:
                updates[-1].answers.append(answer)
        return Life(target, entry.begin, entry.end, updates, [a.sent for a in good])

    def life_at(self, key, instant):
        """The target's life that an instant belongs to, or the one that ended last before it."""
        lives = [life for life in self.lives if life.target.key == key and life.begin - LEAD <= instant]
        if len(lives) > 1 and lives[-1].begin > instant and lives[-2].end >= instant:
            return lives[-2]
        return lives[-1] if lives else None

    def seen_before_return(self, event):
        """The aggregator was away, or stood still, when what the event tells of was seen."""
        at, decided = event["at_us"] / 1e6, event["decided_at_us"] / 1e6
        return any(e.begin <= decided <= e.end + RECOVERY and at <= e.end for e in self.absences)

    def was_unseen(self, update):
        """Every answer that showed it went to a prober that could not look: it timed out, or was gone."""
        return all(self.unseen_by[self.prober_of(a)].touches(a.sent, a.sent) for a in update.answers)

    @staticmethod
    def party_of(prober):
        """Its process: one that is started again within its lease is called near-2."""
        return (prober or "").split("-")[0]

    @staticmethod
    def prober_of(answer):
        return "far" if answer.client == FAR_ADDRESS else "near"

    def losses(self):
        """(from, to) of each `samples_lost` of a prober that really died: only there may updates be missing."""
        deaths = self.of("prober_killed", "prober_with_wrong_clock", "prober_killed_while_cut", "prober_terminated")
        windows = []
        for e in self.evidence.events:
            if e["kind"] == "samples_lost" and e["since_us"] is not None:
                begin, end = e["since_us"] / 1e6, e["at_us"] / 1e6
                if any(d.who == self.party_of(e["prober"]) and d.begin - LEAD <= end and begin <= d.end for d in deaths):
                    windows.append((begin, end))
        return windows

    def outages(self, path):
        return [e for e in self.of("target_fails", "target_frozen_and_fails", "all_targets_refuse", "far_link_down",
                                   "machine_stalled", path=path)]

    def stale_times(self, life):
        """(from, to) for each time that the newest data sent were older than the threshold."""
        until = min(life.end, self.evidence.cut)
        instants = [(u.computed_us / 1e6 + life.target.threshold, u.sent) for u in life.updates]
        ends = [sent for _, sent in instants[1:]] + [until]
        return [(begin, end) for (begin, _), end in zip(instants, ends) if begin < end]
