"""Whom nobody has configured changes nothing for those who are, whatever it says."""

import sqlite3
import time

from chain import assert_nothing_lost_or_doubled, ends_together, servers_at, wait_for_more_rows
from harness import wait_for
from journal_file import journal_query
from stranger import Stranger


def test_a_word_of_events_that_there_are_not_forks_nothing(make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    with Stranger(system) as stranger:
        journal, head = stranger.journal()
        end = time.monotonic() + 12  # twice as long as a consumer has to stay with its word
        while time.monotonic() < end:
            stranger.send("ack", journal=journal, seq=head + 10**6)
            for name in ("stranger", "recorder", "notifier"):
                stranger.send("replay", name, journal=journal, after=head + 10**6, limit=1)
            stranger.beat()
        assert stranger.journal()[0] == journal
    wait_for_more_rows(system)
    ends_together(system)
    assert_nothing_lost_or_doubled(system)
    assert {row["journal_id"] for row in system.query("select journal_id from stalewatch_updates_events")} == {journal}
    assert system.told(None, "gap") == []
    assert "older copy" not in system.aggregator.err()


def test_what_an_older_version_kept_for_strangers_goes_at_the_start(make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    assert system.aggregator.stop() == 0
    with sqlite3.connect(system.config["journal"]["path"]) as journal:
        journal.execute("insert into consumers (name, seq, behind, behind_since_us) values ('ghost', 1, 2, 1000000)")
        journal.execute("insert into consumers (name, seq, registered) values ('forgotten', 1, 0)")
    journal.close()
    system.start("aggregator")
    ok = wait_for(lambda: system.told(None, "consumer_ok"), system.trouble)
    assert [(event["name"], event["episode"]) for event in ok] == [("ghost", 2)]
    wait_for(lambda: len(journal_query(system, "select name from consumers")) == 2, system.trouble)
    assert system.told(None, "consumer_behind") == []
    wait_for_more_rows(system)
