"""A crowd that acknowledges, and that nobody has configured, costs those who are nothing."""

from chain import PATIENT, servers_at, wait_for_more_rows
from harness import free_port, metric, wait_for
from journal_file import journal_query
from stranger import Stranger

CROWD = 1_000
BEATS = 25  # of one second each: twice as long as a consumer may be behind


def test_a_crowd_that_acknowledges_costs_the_configured_consumers_nothing(make_system, mock):
    system = make_system(servers_at(mock, **PATIENT))
    system.config["journal"]["consumer_behind_after"] = "10s"  # more than a busy machine's few seconds
    system.write_config()
    port = free_port()
    system.aggregator.command += ["--http", f"127.0.0.1:{port}"]
    system.start()
    wait_for_more_rows(system)
    with Stranger(system) as stranger:
        wait_for(lambda: stranger.beat()["moving"], system.trouble)
        journal, _ = stranger.journal()
        beats = []
        for _ in range(BEATS):
            for i in range(CROWD):
                stranger.send("ack", name=f"c{i}", journal=journal, seq=0)
            beats.append(stranger.beat())
        assert [beat for beat in beats if not beat["moving"]] == [], system.trouble()
        refused = metric(port, "stalewatch_aggregator_refused_acks_total")
        assert refused > CROWD * BEATS / 2
        assert stranger.journal()[0] == journal
    assert system.told(None, "consumer_behind") == []
    places = dict(journal_query(system, "select name, seq from consumers"))
    assert places.keys() == {"notifier", "recorder"}
    assert min(places.values()) > beats[0]["head"]
    assert system.aggregator.err().count("journal.consumers does not name it") == 100  # lines, then it is silent
    wait_for_more_rows(system)
