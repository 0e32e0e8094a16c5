"""What the journal no longer holds when a consumer comes for it is told by that consumer, with its numbers."""

import sqlite3

from harness import free_port, metric, wait_for


def test_events_that_are_gone_from_the_journal_are_told_by_recorder_and_notifier(make_system, mock):
    mock.tell("/orders", "updates", every="200ms")
    system = make_system({"orders": {"address": f"{mock.url}/orders", "interval": "100ms", "timeout": "100ms"}},
                         webhook=f"{mock.url}/hooks/id/token").start()
    wait_for(lambda: len(system.rows("orders")) > 3 and len(system.told("orders", "updated")) > 3, system.trouble)
    assert system.recorder.stop() == 0 and system.notifier.stop() == 0
    reached = max(system.recorded()[-1]["seq"], system.told()[-1]["seq"])
    journal = system.config["journal"]["path"]

    def head():
        with sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=10) as connection:
            return connection.execute("select max(seq) from events").fetchone()[0]
    wait_for(lambda: head() > reached + 30, system.trouble)
    assert system.aggregator.stop() == 0
    first, last = reached + 5, reached + 20
    with sqlite3.connect(journal, timeout=10) as connection:
        connection.execute("delete from events where seq between ? and ?", (first, last))
    connection.close()
    port = free_port()
    system.recorder.command += ["--http", f"127.0.0.1:{port}"]
    system.start("aggregator", "recorder", "notifier")
    wait_for(lambda: system.told(None, "gap"), system.trouble)
    gap, = system.told(None, "gap")
    assert gap["detail"] == f"events {first} to {last} were no longer in the aggregator's journal"
    wait_for(lambda: any("missed events" in str(call["body"]) for call in mock.received() if call["posted"]), system.trouble)
    row, = wait_for(lambda: system.query("select * from stalewatch_updates_events where kind = 'gap'"), system.trouble)
    assert (row["seq"], row["name"]) == (last, "recorder")
    assert row["detail"] == f"the journal no longer held the events {first} to {last}"
    assert f"they cannot be recorded seq={first} to {last}" in system.recorder.err()
    assert metric(port, "stalewatch_recorder_missing_events_total") == last - first + 1
    # All others are there, once, and it goes on.
    done = head()
    wait_for(lambda: system.recorded()[-1]["seq"] > done, system.trouble)
    numbers = [event["seq"] for event in system.recorded()]
    assert numbers == [seq for seq in range(1, numbers[-1] + 1) if not first <= seq < last]
    assert set(system.stop().values()) == {0}
