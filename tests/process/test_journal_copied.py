"""An older copy in the journal's place goes on under another id: nothing is told twice, no row is another's."""

import pytest

from chain import servers_at, wait_for_more_rows
from harness import CONSUMERS, wait_for
from journal_file import copy_and_go_on, put_copy_back


@pytest.mark.parametrize("lock, anew", [("kept", ()), ("gone", ()), ("gone", ("notifier",)), ("gone", ("recorder",))])
def test_an_older_copy_of_the_journal_goes_on_under_another_id(lock, anew, make_system, mock):
    """With its lock the aggregator knows by itself; without, by a consumer that has seen more: one that goes on, or one
    that is started anew, the other being away, and has nothing to go by but where it was."""
    system = make_system(servers_at(mock)).start()
    copied = copy_and_go_on(system)
    put_copy_back(system, with_lock=lock == "kept")
    away = CONSUMERS if anew else ()
    for name in away:
        assert system.processes[name].stop() == 0
    system.start("aggregator", *anew)
    wait_for(lambda: "older copy" in system.aggregator.err(), system.trouble)
    system.start("prober", *(name for name in away if name not in anew))
    wait_for_more_rows(system)
    told = wait_for(lambda: system.told(None, "gap"), system.trouble)
    assert len(told) == 1 and "another journal" in told[0]["detail"]
    assert system.aggregator.err().count("older copy") == 1
    old, new = dict.fromkeys(event["journal_id"] for event in system.query(
        "select journal_id from stalewatch_updates_events order by decided_at_us"))
    first = system.query("select min(seq) as seq from stalewatch_updates_events where journal_id = ?", new)[0]["seq"]
    assert first == copied + 1  # what both journals have is recorded once, and told once
    shared = [event["seq"] for event in system.told() if event["kind"] != "gap" and 0 < event["seq"] <= copied]  # 0: its own
    assert shared == sorted(set(shared))
    assert system.query("select count(*) as n from stalewatch_updates_events where journal_id = ?", old)[0]["n"] > copied
