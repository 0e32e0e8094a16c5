"""Each problem has one first alarm, reminders on the grid, one closing, in the order that was decided."""

from dataclasses import dataclass, field

import targets as t
from difference import Difference, of_us
from truth import LEAD, PROMPT, RECOVERY

AXES = {"stale": "data", "still_stale": "data", "fresh_again": "data",
        "failing": "server", "still_failing": "server", "answering_again": "server",
        "not_watched": "watch", "still_not_watched": "watch", "watched_again": "watch",
        "clock_off": "clock", "clock_ok": "clock",
        "journal_trouble": "journal", "journal_ok": "journal", "consumer_behind": "consumer", "consumer_ok": "consumer"}
OPENS = ("stale", "failing", "not_watched", "clock_off", "journal_trouble", "consumer_behind")
CLOSES = ("fresh_again", "answering_again", "watched_again", "clock_ok", "journal_ok", "consumer_ok")
REMINDS = ("still_stale", "still_failing", "still_not_watched")
INTERVAL_US = int(t.MSG_INTERVAL * 1e6)
ABOVE = {"data": ("watch", "server"), "server": ("watch",)}  # what inhibits an axis


@dataclass
class Episode:
    opening: dict
    axis: str
    told: dict | None = None  # the event that people heard of first
    reminders: list = field(default_factory=list)
    over: dict | None = None  # the axis is well again
    closed: dict | None = None  # and that was told, if the opening was

    @property
    def begin(self):
        return self.opening["at_us"] / 1e6

    @property
    def end(self):
        return self.over["at_us"] / 1e6 if self.over else float("inf")


def check(evidence, truth):
    differences, episodes = [], {}
    open_now = {}  # (server or name, axis) -> episode
    for e in evidence.events:
        differences += list(step(e, episodes, open_now))
    for episode in episodes.values():
        differences += list(at_the_end(episode, evidence))
        if episode.axis in ("data", "server", "watch"):
            differences += list(grid(episode, episodes, truth))
    differences += list(inhibition(evidence, episodes, truth))
    return differences, list(episodes.values())


def wrong(e, text):
    return Difference("episodes", f"#{e['seq']} {e['kind']}: {text}", e["server"], e["decided_at_us"] / 1e6)


def step(e, episodes, open_now):
    kind = e["kind"]
    if kind in OPENS and e["episode"] == e["seq"]:
        place = (e["server"] or e["name"], AXES[kind])
        if place in open_now:
            yield wrong(e, f"the problem #{open_now[place].opening['seq']} is open already: a second first alarm")
        episodes[e["seq"]] = open_now[place] = Episode(e, AXES[kind], None if e["inhibited"] else e)
    elif kind in OPENS or kind in REMINDS or kind in CLOSES or (kind == "retired" and e["episode"]):
        episode = episodes.get(e["episode"])
        if episode is None:
            yield wrong(e, "of an episode that never began")
        else:
            yield from go_on(e, kind, episode, open_now)


def go_on(e, kind, episode, open_now):
    place = (e["server"] or e["name"], episode.axis)
    if kind in OPENS:
        # What was told as past, and in no chat, is announced when it turns out to be so still.
        if episode.told and not (episode.told["late"] and episode.told is episode.opening):
            yield wrong(e, f"was told by #{episode.told['seq']} before: a second first alarm")
        if not e["announced"] or e["inhibited"] or episode.over:
            yield wrong(e, "an announcement that is none")
        episode.told = e
    elif kind in REMINDS:
        if not episode.told or episode.over:
            yield wrong(e, "a reminder of nothing that is told and open")
        episode.reminders.append(e)
    elif episode.closed:
        yield wrong(e, f"was closed by #{episode.closed['seq']} before")
    elif e["inhibited"]:
        if episode.over:
            yield wrong(e, "ended before")
        episode.over = e
        if not episode.told:
            episode.closed = e
        open_now.pop(place, None)
    else:
        if not episode.told:
            yield wrong(e, "closes what nobody was told of")
        if not episode.over:
            open_now.pop(place, None)
            episode.over = e
        episode.closed = e


def at_the_end(episode, evidence):
    if episode.told and not episode.closed and episode.told["decided_at_us"] < evidence.cut * 1e6 - 10e6:
        yield wrong(episode.told, "was told and never closed")


def grid(episode, episodes, truth):
    """Reminders fall on first announcement + k x msg_interval exactly; each k once."""
    if not episode.told or episode.told["late"]:
        return
    anchor, last = episode.told["decided_at_us"], 0
    for e in episode.reminders:
        k = e["repeat_number"]
        if k is None or e["at_us"] != anchor + k * INTERVAL_US:
            yield wrong(e, f"not on the grid: {k} x {t.MSG_INTERVAL} s after {of_us(anchor)}")
            continue
        if k <= last:
            yield wrong(e, f"reminder {k} comes after reminder {last}")
        last = k
        late = (e["decided_at_us"] - e["at_us"]) / 1e6
        hidden = covered_by_above(episode, episodes, e["at_us"] / 1e6, e["decided_at_us"] / 1e6)
        if late > PROMPT and not hidden and not truth.disturbed.touches(e["at_us"] / 1e6, e["decided_at_us"] / 1e6):
            yield wrong(e, f"comes {late:.1f} s late")
    yield from missing_reminders(episode, episodes, truth, {e["repeat_number"] for e in episode.reminders}, anchor)


def missing_reminders(episode, episodes, truth, there, anchor):
    until = min(episode.end, truth.evidence.cut)
    for k in range(1, max(0, int((until - anchor / 1e6) // t.MSG_INTERVAL)) + 1):
        due = anchor / 1e6 + k * t.MSG_INTERVAL
        if due > until - PROMPT or truth.disturbed.touches(due - LEAD, due + PROMPT):
            continue
        if covered_by_above(episode, episodes, due - LEAD, due + PROMPT):
            continue
        truth.judged["reminders"] += 1
        if k not in there:
            yield Difference("reminders", f"reminder {k} of #{episode.opening['seq']} {episode.opening['kind']} did not come",
                             episode.opening["server"], due)


def covered_by_above(episode, episodes, begin, end):
    """Something that inhibits it was open at some time between."""
    return any(other.opening["server"] == episode.opening["server"] and other.axis in ABOVE.get(episode.axis, ())
               and other.begin - LEAD <= end and begin <= other.end + LEAD for other in episodes.values())


def inhibition(evidence, episodes, truth):
    """What is inhibited is told when what inhibits it ends: in the same step, or, when that was seen before the
    aggregator came back, as soon as it knows what else was seen."""
    by_target = {}
    for episode in episodes.values():
        by_target.setdefault(episode.opening["server"], []).append(episode)
    for e in evidence.events:
        if e["kind"] not in ("answering_again", "watched_again") or e["inhibited"]:
            continue
        seq, step = e["seq"], e["decided_at_us"] + (RECOVERY * 1e6 if truth.seen_before_return(e) else 0)
        above = [x for x in by_target[e["server"]] if x.axis in ("watch", "server") and open_after(x, seq, step)]
        for episode in by_target[e["server"]]:
            inhibited_still = any(x.axis in ABOVE.get(episode.axis, ()) for x in above)
            untold = not episode.told or episode.told["seq"] > seq and episode.told["decided_at_us"] > step
            if episode.opening["seq"] < seq and open_after(episode, seq, step) and untold and not inhibited_still:
                yield wrong(episode.opening, f"is open when #{seq} {e['kind']} comes, and is not announced with it")


def open_after(episode, seq, step):
    """Open when the step of event `seq`, decided at `step`, is over."""
    return episode.opening["seq"] < seq and (
        episode.over is None or episode.over["seq"] > seq and episode.over["decided_at_us"] > step)
