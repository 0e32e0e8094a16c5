"""A copy from before a fork in the journal's place goes on under another id: no number is used twice."""

from chain import servers_at, wait_for_more_rows
from harness import wait_for
from journal_file import copy_and_go_on, journaled, put_copy_back


def test_a_copy_from_before_a_fork_uses_no_number_twice(make_system, mock):
    """It has the id of before the fork, under which its next numbers are in the tables already."""
    system = make_system(servers_at(mock)).start()

    def noted():  # each second
        _, journal, head = (system.folder / "journal.sqlite.lock").read_text().split()[:3]
        return journal, int(head)

    def put_back():
        put_copy_back(system, with_lock=True)
        system.start("aggregator", "prober")

    copied = copy_and_go_on(system)
    wait_for(lambda: noted()[1] > copied, system.trouble)
    first = noted()[0]
    put_back()
    wait_for_more_rows(system)
    wait_for(lambda: noted()[0] != first, system.trouble)
    put_back()
    wait_for(lambda: "another one than was written here last" in system.aggregator.err(), system.trouble)
    wait_for_more_rows(system)
    assert system.prober.stop() == 0

    def recorded():
        """Of the newest journal; how often there was another one."""
        ids = [row["journal_id"] for row in system.query(
            "select journal_id from stalewatch_updates_events group by journal_id order by max(decided_at_us)")]
        rows = system.query("select seq from stalewatch_updates_events where journal_id = ? and kind <> 'gap' order by seq", ids[-1])
        return len(ids), [row["seq"] for row in rows]

    # All of it; what the copy had is there once more.
    wait_for(lambda: recorded() == (3, [event["seq"] for event in journaled(system)]), system.trouble)
