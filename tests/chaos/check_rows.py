"""Rows are the updates that a prober saw, each exactly once, with its true times."""

import collections

import targets as t
from difference import Difference, of_us
from truth import JOINING, LEAD, PROMPT

MEASURED = 0.5  # seconds; an observation's time may be off by the measured offset of the prober's clock


def check(evidence, truth):
    rows = collections.defaultdict(list)
    for row in evidence.rows:
        rows[row["server"]].append(row)
    lost = truth.losses()
    differences = []
    for life in truth.lives:
        mine = [r for r in rows[life.target.key] if truth.life_at(life.target.key, r["computed_at_us"] / 1e6) is life]
        differences += of_life(evidence, truth, life, mine, lost)
    differences += same_as_events(evidence)
    return differences


def of_life(evidence, truth, life, rows, lost):
    key = life.target.key
    sent = {a.computed_us for u in life.updates for a in u.answers}
    by_time = collections.Counter(r["computed_at_us"] for r in rows)
    for computed, count in by_time.items():
        when = computed / 1e6
        if count > 1:
            yield Difference("rows", f"the update {of_us(computed)} is recorded {count} times", key, when)
        if computed not in sent:
            yield Difference("rows", f"the update {of_us(computed)} is recorded, but was never sent", key, when)
        elif computed == life.updates[0].computed_us and not truth.disturbed.touches(life.updates[0].sent, when):
            # (The first that was taken may be a later one, of another prober.)
            yield Difference("rows", f"the first sample {of_us(computed)} is recorded as an update", key, when)
    may_begin_late = True  # as long as nothing was recorded, the next may be the first sample
    for n, update in enumerate(life.updates):
        if update.computed_us in by_time:
            may_begin_late = False
            continue
        excused = excuse(truth, life, update, lost) or update.sent > evidence.cut
        if n == 0 or excused:
            continue
        first_lost = may_begin_late and all(excuse(truth, life, u, lost) for u in life.updates[:n])
        if not first_lost:
            yield Difference("rows", f"the update {of_us(update.computed_us)}, sent {len(update.answers)} times, is not recorded",
                             key, update.sent)
        may_begin_late = False
    yield from times(truth, life, rows)


def excuse(truth, life, update, lost):
    """Why an update may be missing."""
    told = any(begin - MEASURED <= update.sent <= end + MEASURED for begin, end in lost)
    guest = life.target in t.GUEST_LIST
    joining = guest and (update.sent < life.begin + JOINING or truth.disturbed.covers(life.begin, update.sent))
    leaving = life.end < float("inf") and (update.sent > life.end - PROMPT - LEAD
                                           or truth.disturbed.covers(update.sent, life.end))
    return told or joining or leaving or truth.was_unseen(update)


def times(truth, life, rows):
    """When it was seen, when it was decided, and what came before."""
    key, newest = life.target.key, None
    known = {u.computed_us: u for u in life.updates}
    for row in sorted(rows, key=lambda r: r["seq"]):
        computed, seen = row["computed_at_us"], row["observed_at_us"] / 1e6
        update = known.get(computed)
        if update is None:
            continue
        near = any(a.at - MEASURED <= seen <= a.sent + MEASURED for a in update.answers)
        if not near and not truth.unseen.touches(update.sent, seen):
            yield Difference("rows", f"#{row['seq']} says that {of_us(computed)} was seen at {of_us(row['observed_at_us'])}",
                             key, update.sent)
        if row["late"] and row["previous_computed_at_us"] is None:
            continue  # it came after what was seen later
        if row["previous_computed_at_us"] is None or row["previous_computed_at_us"] >= computed:
            yield Difference("rows", f"#{row['seq']} is an update from {of_us(row['previous_computed_at_us'])}", key, seen)
        elif newest is not None and row["previous_computed_at_us"] != newest:
            yield Difference("rows", f"#{row['seq']} is an update from {of_us(row['previous_computed_at_us'])}, "
                                     f"but the one before it was {of_us(newest)}", key, seen)
        newest = computed
    yield from prompt(truth, life, known)


def prompt(truth, life, known):
    for e in truth.decided_updates.get(life.target.key, []):
        if e["computed_at_us"] not in known:
            continue
        update, decided = known[e["computed_at_us"]], e["decided_at_us"] / 1e6
        calm = not truth.disturbed.touches(update.sent, max(decided, update.sent))
        truth.judged["prompt updates"] += calm
        if calm and decided - update.sent > PROMPT:
            yield Difference("promptness", f"#{e['seq']} was decided {decided - update.sent:.1f} s after the answer",
                             life.target.key, update.sent)


def same_as_events(evidence):
    """The table of updates is the table of events without the others."""
    updates = [(e["journal_id"], e["seq"]) for e in evidence.events if e["kind"] == "updated"]
    rows = [(r["journal_id"], r["seq"]) for r in evidence.rows]
    for name, more in (("rows without event", set(rows) - set(updates)), ("events without row", set(updates) - set(rows))):
        if more:
            yield Difference("rows", f"{name}: {sorted(more)[:10]}")
