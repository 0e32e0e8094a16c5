"""After the faults: waits until all that happened had time to be told."""

import contextlib
import json
import re
import time

import targets as t
from evidence import events_of
from harness import wait_for

HEALING = 45  # seconds; every process has started again, every target is well
# Chat may take as long as the patience of the run: it gets at most 8 messages a minute, and after failures the next try is
# up to a minute away.


def settle(world, patience):
    """The instant until which everything must have been told; each wait that did not succeed, in words."""
    trouble, healing = [], min(HEALING, patience)

    def waited(condition, what, deadline):
        try:
            wait_for(condition, deadline=deadline, pause=0.3)
        except AssertionError:
            trouble.append(f"not within {deadline} s after the faults: {what()}")

    with contextlib.suppress(AssertionError):
        wait_for(lambda: not open_episodes(events_of(world)), deadline=healing, pause=0.5)
    time.sleep(4 * t.INTERVAL + 2)  # the last update of each target is seen
    cut = time.time()
    steady = {target.key for target in t.STEADIES}

    def recorded_after_cut():
        return {e["server"] for e in events_of(world) if e["decided_at_us"] > cut * 1e6}

    waited(lambda: steady <= recorded_after_cut(),
           lambda: f"updates of {sorted(steady - recorded_after_cut())} recorded", healing)
    head = max((e["seq"] for e in events_of(world)), default=0)
    waited(lambda: any(line.get("seq", 0) >= head for line in world["notifier"].json_lines()),
           lambda: f"event {head} on the terminal", healing)
    waited(lambda: f"#{head}\n" in world.log_text()[-200_000:], lambda: f"event {head} in the log file", healing)
    waited(lambda: not chat_owed(world, cut), lambda: f"in chat: {chat_owed(world, cut)}", patience)
    return cut, trouble


def open_episodes(events):
    """Numbers of the problems that were told and are not closed."""
    told = {e["seq"] for e in events if e["episode"] == e["seq"]}
    closed = {e["episode"] for e in events if e["episode"] and e["kind"] in CLOSING}
    return told - closed


CLOSING = ("fresh_again", "answering_again", "watched_again", "clock_ok", "retired", "journal_ok", "consumer_ok",
           "agreed", "prober_sees")


def chat_owed(world, cut):
    """Closings for chat that it has not got."""
    received = json.loads(world.webhook.request("/hooks/received"))["received"]
    told = set(re.findall(r"#(\d+)", json.dumps([call["body"] for call in received if call["posted"]])))
    return [e["seq"] for e in events_of(world) if e["notify"] and e["kind"] in CLOSING and e["kind"] != "retired"
            and e["decided_at_us"] < cut * 1e6 and str(e["seq"]) not in told]
