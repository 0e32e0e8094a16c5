"""The aggregator's host comes up with a wrong clock, which is put right while it runs: everything goes on, also after a
restart, as if the clock had been right all the time."""

import time
from datetime import datetime

import pytest

from clock import Clock
from harness import wait_for

HOUR = 3600
EVERY = 6  # seconds between reminders
CLOSE = 0.5  # seconds; a step is measured by two clocks, and a busy machine reads one after the other
SERVER = {"interval": "500ms", "timeout": "500ms", "notification_threshold": "12h", "max_clock_offset": "3h"}


def instant(event, field="at"):
    return datetime.fromisoformat(event[field]).timestamp()


def last(system, target, kind):
    return wait_for(lambda: system.told(target, kind), lambda: f"{kind} of {target}\n{system.trouble()}")[-1]


@pytest.mark.parametrize("wrong, kill", [(-HOUR, True), (HOUR, False)], ids=["behind, then SIGKILL", "ahead, then SIGTERM"])
def test_a_clock_that_is_put_right_leaves_no_trace(wrong, kill, folder, make_system, mock):
    mock.tell("/stale", "frozen", age="24h")
    mock.tell("/failing", "status:500")
    mock.tell("/updated", "updates", every="1s")
    servers = {name: {"address": f"{mock.url}/{name}", **SERVER} for name in ("stale", "failing", "updated")}
    servers["stale"]["msg_interval"] = f"{EVERY}s"
    system = make_system(servers, journal={"path": str(folder / "journal.sqlite"), "reserve": "1MiB",
                                           "consumer_behind_after": "20s"})
    clock = Clock(folder / "clock")
    clock.set(wrong)
    system.aggregator.popen_arguments["env"] = clock.environment()
    system.start()
    stale, failing = last(system, "stale", "stale"), last(system, "failing", "failing")
    assert abs(instant(stale) - time.time() - wrong) < 60
    last(system, "stale", "still_stale")
    last(system, "updated", "updated")

    clock.set(0)
    wait_for(lambda: "the stepped wall clock is believed now" in system.aggregator.err(), system.trouble)
    assert "the targets' clocks agree with it" in system.aggregator.err()

    def after(*which):
        return [event for event in system.told(*which) if abs(instant(event, "decided_at") - time.time()) < HOUR / 2]

    wait_for(lambda: after("updated", "updated"), system.trouble)  # what was adopted is on disk, too
    system.restart("aggregator", kill)

    # Reminders keep their distance to the opening.
    told = len(after("stale", "still_stale"))
    reminder = wait_for(lambda: after("stale", "still_stale")[told + 1:], system.trouble)[0]
    grid = instant(stale) - wrong + reminder["repeat_number"] * EVERY
    assert abs(instant(reminder) - grid) < CLOSE, (stale, reminder)
    assert abs(instant(reminder) - time.time()) < 60

    # A recovery lies behind its beginning, and is of now.
    mock.tell("/failing", "ok")
    ended = wait_for(lambda: after("failing", "answering_again"), system.trouble)[0]
    assert abs(instant(ended, "since") - (instant(failing, "since") - wrong)) < CLOSE, (failing, ended)
    assert abs(instant(ended) - time.time()) < 60

    # Updates are updates, and an older time goes back.
    wait_for(lambda: len(after("updated", "updated")) > 2, system.trouble)
    mock.tell("/updated", "older", by="2h")
    wait_for(lambda: after("updated", "went_back"), system.trouble)
    assert not [event for event in after("updated") if event.get("late")], after("updated")

    assert not system.told(None, "consumer_behind", "not_watched", "clock_off", "samples_lost"), system.trouble()
    assert set(system.stop().values()) == {0}
