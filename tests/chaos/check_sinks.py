"""The recorder has every event once; every sink has every event that is told, in order; chat has what is meant for it."""

import re

from check_episodes import CLOSES, OPENS
from difference import Difference
from evidence import instant_us

ATTEMPT = 21.0  # seconds; the longest that the notifier waits for the webhook's answer
HIDDEN = re.compile(r"\band \d+ more\b")


def check(evidence, truth):
    yield from recorded(evidence)
    told = {e["seq"]: e for e in evidence.events if not e["inhibited"]}
    terminal = [line for line in evidence.terminal if line.get("seq", 0) > 0]
    yield from same_events(terminal, {e["seq"]: e for e in evidence.events})
    yield from in_order("terminal", [line["seq"] for line in terminal], told, evidence)
    yield from in_order("log file", [seq for seq, _ in evidence.log if seq], told, evidence)
    yield from log_words(evidence)
    yield from chat(evidence, truth)


def recorded(evidence):
    journals = {e["journal_id"] for e in evidence.events}
    if len(journals) != 1:
        yield Difference("recorder", f"{len(journals)} journals although nobody replaced one")
    numbers = [e["seq"] for e in evidence.events]
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    if missing:
        near = next((e for e in evidence.events if e["seq"] > missing[0]), None)
        yield Difference("recorder", f"{len(missing)} events were never recorded: {missing[:20]}",
                         when=near and near["decided_at_us"] / 1e6)
    if len(set(numbers)) != len(numbers):
        yield Difference("recorder", "events are recorded twice")


def same_events(terminal, events):
    """A number means one event, whoever tells it, however often."""
    for line in terminal:
        e = events.get(line["seq"])
        if e is None:
            continue
        same = (line["kind"], line.get("target") or "", instant_us(line["at"]))
        if same != (e["kind"], e["server"], e["at_us"]):
            yield Difference("terminal", f"#{line['seq']} is {same} there and {e['kind']} {e['server']} at {e['at_us']} "
                                         "in the database: one number, two events", e["server"], e["decided_at_us"] / 1e6)


def in_order(sink, numbers, told, evidence):
    """Everything, oldest first; after a kill it may begin again somewhat earlier, at what was not confirmed."""
    kills = evidence.done.get("notifier_killed", 0)
    expected = sorted(told)
    place = {seq: n for n, seq in enumerate(expected)}
    reached, before, repeats = -1, None, 0
    for seq in numbers:
        if seq not in place:
            yield Difference(sink, f"#{seq} is told there and nowhere recorded as told")
            continue
        at = place[seq]
        if before is not None and at != before + 1:
            if at <= reached:
                repeats += 1
            else:
                gap = expected[before + 1:at]
                yield Difference(sink, f"{len(gap)} events are missing before #{seq}: {gap[:10]}", told[gap[0]]["server"],
                                 told[gap[0]]["decided_at_us"] / 1e6)
        elif before is None and reached < 0:
            reached = at - 1
        before, reached = at, max(reached, at)
    if repeats > kills:
        yield Difference(sink, f"it went back {repeats} times; the notifier was killed {kills} times")
    due = [seq for seq in expected if told[seq]["decided_at_us"] / 1e6 <= evidence.cut]
    if due and place[due[-1]] > reached:
        yield Difference(sink, f"ends at #{expected[reached] if reached >= 0 else 'nothing'}, before #{due[-1]}")
    if numbers and numbers[0] > 60:
        yield Difference(sink, f"begins only at #{numbers[0]}")


OTHER_WORDS = {"still_not_watched": "STILL UNWATCHED", "retired": "REMOVED"}


def log_words(evidence):
    """The log says of each number what the database says."""
    kinds = {e["seq"]: e["kind"] for e in evidence.events}
    words = {}
    for seq, line in evidence.log:
        if seq in kinds:
            word = OTHER_WORDS.get(kinds[seq], kinds[seq].replace("_", " ").upper())
            if f" {word} " not in line:
                words[seq] = line
    for seq, line in list(words.items())[:5]:
        yield Difference("log file", f"#{seq} is {kinds[seq]} in the database, but the line says: {line[:200]}")


def chat(evidence, truth):
    if evidence.calls_forgotten:
        yield Difference("harness", f"the webhook's log forgot {evidence.calls_forgotten} calls: a shorter run, please")
    events = {e["seq"]: e for e in evidence.events}
    meant = {seq for seq, e in events.items() if e["notify"]}
    posted = [call for call in evidence.calls if call.posted]
    first, newest = {}, 0
    for call in posted:
        _, _, below = call.text.partition("\n")  # the headline names five
        if HIDDEN.search(below):
            yield Difference("harness", "a message had no room for all its events: fewer targets, please", when=call.at)
        fresh = sorted({n for n in call.numbers if n not in first})
        for n in fresh:
            if n not in meant:
                yield Difference("chat", f"#{n} {events.get(n, {}).get('kind')} is told, but not meant for chat",
                                 events.get(n, {}).get("server", ""), call.at)
        if fresh and fresh[0] < newest:
            yield Difference("chat", f"#{fresh[0]} is told after #{newest}", when=call.at)
        for n in set(call.numbers) - set(fresh):
            if not unconfirmed(truth, first[n], call):
                yield Difference("chat", f"#{n} is told again, though nothing had gone wrong", when=call.at)
        first.update(dict.fromkeys(fresh, call))
        # An opening in a message about what came and went is told late, with its closing.
        newest = max([newest, *call.numbers])
    yield from chat_owes(evidence, events, set(first))


def unconfirmed(truth, before, call):
    """The first handover was not confirmed: its answer was spoiled, or the notifier did not live to note it."""
    spoiled = truth.of("webhook_resets", "webhook_hangs", "webhook_500", "webhook_without_success", "webhook_refuses",
                       "webhook_limits", "notifier_killed", "notifier_stopped", "notifier_terminated")
    return any(e.begin - 0.5 <= before.at + ATTEMPT and before.at - 0.5 <= e.end and e.begin <= call.at for e in spoiled)


def chat_owes(evidence, events, told):
    told_episodes = {events[n]["episode"] for n in told if n in events}
    retired = {(e["server"], e["decided_at_us"]) for n in told if (e := events.get(n)) and e["kind"] == "retired"}
    for e in evidence.events:
        if not e["notify"] or e["decided_at_us"] / 1e6 > evidence.cut:
            continue
        if e["kind"] in OPENS:
            missing = e["episode"] not in told_episodes
        elif e["kind"] in CLOSES:
            missing = e["seq"] not in told
        elif e["kind"] == "retired":
            missing = e["seq"] not in told and (e["server"], e["decided_at_us"]) not in retired
        elif e["kind"].startswith("still_"):
            missing = False  # one that waits gives way to the next, or to the closing
        else:
            missing = e["seq"] not in told
        if missing:
            yield Difference("chat", f"#{e['seq']} {e['kind']} never came", e["server"], e["decided_at_us"] / 1e6)
