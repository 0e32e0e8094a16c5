"""The whole chain at work on a few servers, and what must hold of its rows and messages."""

import time

from harness import wait_for

SERVERS = ("A", "B", "C")
SERVER = {"interval": "400ms", "timeout": "400ms", "notification_threshold": "1h"}
# Where a probe that is to succeed must have time on a busy machine: each failure is looked at.
PATIENT = {"interval": "1s", "timeout": "1s"}


def servers_at(mock, every="300ms", **own):
    for name in SERVERS:
        mock.tell(f"/{name}", "updates", every=every)
    return {name: {"address": f"{mock.url}/{name}", **SERVER, **own} for name in SERVERS}


def updates_of(system, name):
    return len(system.rows(name))


def wait_for_more_rows(system, more=3):
    """The whole chain works now: every server gets rows that were not there before."""
    before = {name: updates_of(system, name) for name in SERVERS}
    wait_for(lambda: all(updates_of(system, name) >= before[name] + more for name in SERVERS),
             lambda: f"rows {before}\n{system.trouble()}")


def assert_nothing_lost_or_doubled(system):
    """Recorder and notifier have everything up to the same number."""
    numbers = [event["seq"] for event in system.recorded()]
    assert numbers == list(range(1, len(numbers) + 1))
    rows = system.query("select seq from stalewatch_updates order by seq")
    updates = [event["seq"] for event in system.recorded() if event["kind"] == "updated"]
    assert [row["seq"] for row in rows] == updates


def assert_told_in_order(system, repeats_allowed):
    numbers = [event["seq"] for event in system.told() if event["seq"] > 0]
    firsts = list(dict.fromkeys(numbers))
    assert firsts == sorted(firsts)
    assert firsts == list(range(firsts[0], firsts[-1] + 1))
    if not repeats_allowed:
        assert numbers == firsts


def ends_together(system):
    """Ends the source of events first, so that both consumers can take the last one."""
    assert system.prober.stop() == 0, system.prober.err()

    def both_have_all():
        recorded = system.recorded()
        told = system.told()
        return recorded and told and recorded[-1]["seq"] == told[-1]["seq"] and recorded[-1]["kind"] != "updated"

    # The last event says that the prober has gone; until then nothing is known to be complete.
    wait_for(lambda: both_have_all() or silent(system), system.trouble)
    codes = system.stop()
    assert set(codes.values()) == {0}, (codes, system.trouble())


def silent(system):
    """Both consumers are at the same number and stay there for a second."""
    def heads():
        recorded, told = system.recorded(), system.told()
        return (recorded[-1]["seq"] if recorded else 0), (told[-1]["seq"] if told else 0)

    before = heads()
    time.sleep(1)  # a beat comes each second; what was lost would be asked for by now
    return heads() == before and before[0] == before[1] > 0


def wait_for_more_rows_of(system, names):
    before = {name: updates_of(system, name) for name in names}
    wait_for(lambda: all(updates_of(system, name) >= before[name] + 3 for name in names), system.trouble)
