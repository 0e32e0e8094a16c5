"""What is said of the system itself is said when there is reason for it, and only then."""

import targets as t
from difference import Difference
from truth import LEAD, PROMPT, RECOVERY, Windows

MEASURED = 0.5
HOUR = 3600.0
MEMORY = 200 << 20  # bytes; with a subscriber that never reads, consumers that are away, and 42 targets
JOURNAL_RETRY = 10.0  # seconds until the aggregator has tried again whether there is room
TOLD_WITHIN = 15.0  # seconds after which people know that the aggregator is dead or hangs
FIRST_EVENTS = 200  # of a run: how the targets are is told among these
LOOK = 60.0 + PROMPT  # seconds until how new targets are is told at the latest
TARGETS_KINDS = ("updated", "stale", "still_stale", "fresh_again", "failing", "still_failing", "answering_again",
                 "not_watched", "still_not_watched", "watched_again", "clock_off", "clock_ok")


def check(evidence, truth):
    for e in evidence.events:
        problem = reason_missing(e, truth)
        if problem:
            yield Difference("nothing else said", f"#{e['seq']} {e['kind']} {e['name']}: {problem} ({e['detail']})",
                             e["server"], e["decided_at_us"] / 1e6)
    yield from steps_told(evidence, truth)
    yield from silence_told(evidence, truth)
    for odd in evidence.odd:
        yield Difference("processes", odd)
    for name, peak in evidence.peaks.items():
        if peak > MEMORY:
            yield Difference("processes", f"{name} used {peak >> 20} MiB of memory")


def happened(truth, at, before, after, *kinds, path=None):
    return any(e.begin - MEASURED <= at + after and at - before <= e.end + MEASURED for e in truth.of(*kinds, path=path))


def reason_missing(e, truth):
    kind, at, path = e["kind"], e["decided_at_us"] / 1e6, "/" + e["server"]
    if kind in TARGETS_KINDS or kind in ("prober_joined", "prober_left"):
        return None  # judged elsewhere; a prober joins at each start and after it was lost, and leaves at each stop
    if kind == "watching":
        came = e["seq"] <= FIRST_EVENTS or happened(truth, at, LOOK, 0, "target_added", "target_removed")
        return None if came else "no target had come or gone"
    if kind == "went_back":
        fine = any(truth.disturbed.touches(o.begin, at) or happened(truth, at, PROMPT, 0, "target_goes_back", path=path)
                   for o in truth.of("target_goes_back", path=path) if o.begin <= at)
        return None if fine else "its data never went back"
    if kind == "retired":
        return None if happened(truth, at, PROMPT, 0, "target_removed", path=path) else "it is in the configuration"
    if kind == "prober_lost":
        return None if truth.disturbed.touches(at - t.LEASE - RECOVERY, at) else "nothing had happened to it"
    if kind == "samples_lost":
        return samples_lost(e, truth)
    if kind == "clock_stepped":
        return None if happened(truth, at, PROMPT + 1, 0, "aggregator_clock_stepped") else "no clock had stepped"
    if kind in ("journal_trouble", "journal_ok"):
        # What it would have said, had it not been away.
        began = min([x.begin for x in truth.absences if x.begin <= at <= x.end + JOURNAL_RETRY], default=at)
        return None if happened(truth, began, JOURNAL_RETRY, at - began, "journal_disk_full") else "its disk had room"
    return "nobody expects that"


def samples_lost(e, truth):
    """Only of a prober that was out of reach, and only what it may have had in its hands."""
    if e["since_us"] is None or e["since_us"] > e["at_us"]:
        return "it has no window"
    begin, end = e["since_us"] / 1e6, e["at_us"] / 1e6
    away = [x for x in truth.disturbed.entries if x.who in (truth.party_of(e["prober"]), "")]
    if not any(x.begin - MEASURED <= end and begin <= x.end + RECOVERY for x in away):
        return "that prober was there"
    disturbed = Windows(truth.disturbed.entries, LEAD + t.LEASE + PROMPT, t.LEASE + RECOVERY)
    return None if disturbed.covers(begin, end) else "its window is longer than what was disturbed"


def steps_told(evidence, truth):
    told = [e["decided_at_us"] / 1e6 for e in evidence.events if e["kind"] == "clock_stepped"]
    for step in truth.of("aggregator_clock_stepped"):
        if step.end - step.begin > 2 * PROMPT + 1 and not any(step.begin <= at <= step.end + PROMPT for at in told):
            yield Difference("missing clock_stepped", "the aggregator's clock stepped and nobody was told", when=step.begin)


def silence_told(evidence, truth):
    """aggregator_lost: the notifier's own, by its own clock, which a fault may have put off by an hour."""
    told = [instant_of(line) for line in evidence.terminal if line.get("kind") == "aggregator_lost"]
    away = truth.of("aggregator_killed", "aggregator_terminated", "aggregator_stopped")
    deaf = truth.of("notifier_cut", "notifier_held", "notifier_delayed", "notifier_killed", "notifier_terminated",
                    "notifier_stopped", "machine_stalled")
    silent = Windows(away + deaf, MEASURED, RECOVERY)
    for at in told:
        if not any(silent.covers(at + hours * HOUR - t.AGGREGATOR_SILENCE + 1.5, at + hours * HOUR - MEASURED)
                   for hours in (-1, 0, 1)):
            yield Difference("false aggregator_lost", "the aggregator was there", when=at)
    hearing = Windows(deaf, RECOVERY, RECOVERY)
    for entry in away:
        must = entry.begin + TOLD_WITHIN
        if entry.kind == "aggregator_killed" or must > entry.end or hearing.touches(entry.begin, must):
            continue
        if not any(entry.begin <= at + hours * HOUR <= must for at in told for hours in (-1, 0, 1)):
            yield Difference("missing aggregator_lost", f"not told within {TOLD_WITHIN} s", when=entry.begin)


def instant_of(line):
    from evidence import instant
    at = line["at"]
    return at / 1e6 if isinstance(at, int | float) else instant(at)
