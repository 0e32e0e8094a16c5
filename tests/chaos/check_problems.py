"""Problems that were there long enough were told, and nothing else was."""

import bisect

import targets as t
from difference import Difference, of_us
from truth import JOINING, LEAD, PROMPT

SURE = 2.5  # seconds of calm after which a problem that lasts must be known
MEASURED = 0.5
SOON = 60  # answers or updates that are looked at after an instant: half a minute of them


def check(evidence, truth, episodes):
    by_axis = {}
    for episode in episodes:
        by_axis.setdefault((episode.opening["server"], episode.axis), []).append(episode)
    for life in truth.lives:
        of = {axis: [e for e in by_axis.get((life.target.key, axis), []) if truth.life_at(life.target.key, e.begin) is life]
              for axis in ("data", "server", "watch", "clock")}
        yield from stale(truth, life, of["data"])
        yield from failing(truth, life, of["server"])
        yield from not_watched(truth, of["watch"])
        yield from clock_off(truth, life, of["clock"])


def wrong(rule, episode, text):
    e = episode.opening
    return Difference(rule, f"#{e['seq']} {text}", e["server"], e["decided_at_us"] / 1e6)


def there(episodes, begin, end):
    return any(e.begin <= end and begin <= e.end for e in episodes)


def after(things, instant, time_of):
    """Those of a sorted list that come after an instant."""
    return things[bisect.bisect_right(things, instant, key=time_of):][:SOON]


def stale(truth, life, episodes):
    key, threshold = life.target.key, life.target.threshold
    for episode in episodes:
        at, decided = episode.begin, episode.opening["decided_at_us"] / 1e6
        computed = episode.opening["computed_at_us"]
        if at - computed / 1e6 < threshold:
            yield wrong("false stale", episode, f"stale at an age of {at - computed / 1e6:.6f} s")
        fresh = [u for u in after(life.updates, at - threshold - SURE, lambda u: u.sent)
                 if u.sent <= at - PROMPT and at - u.computed_us / 1e6 < threshold - 0.001]
        decided_updates = after(truth.decided_updates.get(key, []), at - threshold - SURE, lambda e: e["decided_at_us"] / 1e6)
        known = [e for e in decided_updates if e["seq"] < episode.opening["seq"] and e["decided_at_us"] / 1e6 <= at
                 and at - threshold + 0.001 < e["computed_at_us"] / 1e6]
        if known:
            yield wrong("false stale", episode, f"although #{known[-1]['seq']} had brought {of_us(known[-1]['computed_at_us'])}")
        elif fresh and not episode.opening["late"] and not truth.unheard.touches(fresh[0].sent - LEAD, decided):
            yield wrong("false stale", episode, f"although {of_us(fresh[-1].computed_us)} had been sent")
    for begin, end in truth.stale_times(life):
        if truth.disturbed.longest_calm(begin, end) <= SURE:
            continue
        truth.judged["stale"] += 1
        if not there(episodes, begin - MEASURED, end + MEASURED):
            yield Difference("missing stale", f"no stale although its data were older than {threshold} s for "
                                              f"{end - begin:.1f} s", key, begin)
    yield from lasts_too_long(truth, life, episodes)


def lasts_too_long(truth, life, episodes):
    """A closing comes with the answer that ends the problem."""
    for episode in episodes:
        if episode.over is None or episode.over["kind"] != "fresh_again":
            continue
        closed = episode.over["decided_at_us"] / 1e6
        end = next((u.sent for u in after(life.updates, episode.begin, lambda u: u.sent)
                    if u.sent - u.computed_us / 1e6 < life.target.threshold - 0.001), closed)
        if closed - end > PROMPT and not truth.disturbed.touches(end - LEAD, closed):
            yield wrong("late closing", episode, f"closed {closed - end:.1f} s after fresh data were sent")


def failing(truth, life, episodes):
    outages = truth.outages(life.target.path)
    echo = t.TIMEOUT + t.INTERVAL + MEASURED
    for episode in episodes:
        since = (episode.opening["since_us"] or episode.opening["at_us"]) / 1e6
        if not any(o.begin - MEASURED <= since <= o.end + echo for o in outages):
            yield wrong("false failing", episode, f"failing since {of_us(episode.opening['since_us'])} for "
                                                  f"{episode.opening['reason']}, but nothing was broken")
    for outage in truth.of("target_fails", "all_targets_refuse", path=life.target.path):
        begin, end = max(outage.begin, life.begin + JOINING), min(outage.end, life.end, truth.evidence.cut)
        answered = [at for at in after(life.good, begin + 0.2, lambda at: at) if at < end]
        if answered or truth.disturbed.longest_calm(begin, end) < SURE + t.TIMEOUT:
            continue
        truth.judged["failing"] += 1
        if not there(episodes, begin - MEASURED, end + MEASURED):
            yield Difference("missing failing", f"no failing although it did not answer ({outage.words or outage.kind}) for "
                                                f"{end - begin:.1f} s", life.target.key, begin)
    for episode in episodes:
        if episode.over is None or episode.over["kind"] != "answering_again":
            continue
        closed = episode.over["decided_at_us"] / 1e6
        good = after(life.good, episode.begin, lambda at: at)[life.target.recover_after - 1:]
        first = good[0] if good else closed
        if closed - first > PROMPT and not truth.disturbed.touches(first - LEAD, closed):
            yield wrong("late closing", episode, f"closed {closed - first:.1f} s after a good answer")


def not_watched(truth, episodes):
    for episode in episodes:
        at = episode.begin
        if not truth.disturbed.covers(at - t.WATCH_WINDOW + PROMPT, at - MEASURED):
            yield wrong("false not_watched", episode, f"although it was watched in the {t.WATCH_WINDOW} s before")


def clock_off(truth, life, episodes):
    steps = truth.of("target_clock_stepped", path=life.target.path)
    for episode in episodes:
        if not any(o.begin - MEASURED <= episode.begin <= o.end + MEASURED + t.TIMEOUT for o in steps):
            yield wrong("false clock_off", episode, "although its clock was right")
    for step in steps:
        end = min(step.end, truth.evidence.cut)
        answered = [at for at in after(life.good, step.begin, lambda at: at) if at < end]
        calm = truth.disturbed.longest_calm(step.begin, end)
        if calm <= 3 * t.INTERVAL + SURE or len(answered) <= 6:
            continue
        truth.judged["clock_off"] += 1
        if not there(episodes, step.begin, end + MEASURED):
            yield Difference("missing clock_off", f"its clock was wrong for {end - step.begin:.1f} s", life.target.key,
                             step.begin)
