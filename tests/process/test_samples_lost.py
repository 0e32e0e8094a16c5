"""What cannot become a row is told by samples_lost, with its window: what a full ring dropped, what died with a prober."""

import time

from harness import metric, wait_for
from updates_served import (assert_missing_lie_in_windows, failed_probes, freeze, lost, make_counting_system,
                            servers_at, wait_for_more_rows, wait_for_more_served, SERVERS)

RING = 30  # news, ten seconds of them
SLACK = 5  # seconds between what two processes call the same instant, on a busy machine


def test_a_full_ring_drops_the_oldest_and_tells_the_window(make_system, mock):
    """There are news only while the aggregator is away: before and afterwards the ring has room, whatever the speed."""
    system = make_counting_system(make_system, servers_at(mock), prober={"name": "prober-1", "ring": RING})
    port = system.prober_port
    for name in SERVERS:
        mock.tell(f"/{name}", "frozen")

    def dropped():
        return metric(port, "stalewatch_prober_news_dropped_total")

    system.start()
    # The first answers are news. How many are not acknowledged is told each second: by now, since the first answers.
    wait_for(lambda: (metric(port, "stalewatch_prober_samples_sent_total") or 0) >= 4 * len(SERVERS)
             and metric(port, "stalewatch_prober_unacknowledged_news") == 0, system.trouble)
    assert dropped() == 0
    system.aggregator.kill()
    away = time.time()
    for name in SERVERS:
        mock.tell(f"/{name}", "updates")
    wait_for(lambda: dropped() >= RING, system.trouble, deadline=300, pause=0.2)
    freeze(mock)
    system.aggregator.start()
    wait_for(lambda: sum(int(window["detail"].split()[0]) for window in lost(system)) == dropped(),
             lambda: f"dropped: {dropped()}, told: {lost(system)}\n{system.trouble()}")
    back = time.time()
    for name in SERVERS:
        mock.tell(f"/{name}", "updates")
    wait_for_more_rows(system)
    freeze(mock)
    failed = failed_probes(system)
    assert system.prober.stop() == 0
    wait_for(lambda: len({row["seq"] for row in system.recorded()}) == system.recorded()[-1]["seq"], system.trouble)
    windows = lost(system)
    for window in windows:
        assert away - SLACK <= window["since_us"] / 1e6 <= window["at_us"] / 1e6 <= back + SLACK, windows
        assert window["prober"] == "prober-1"
    assert_missing_lie_in_windows(system, mock, windows, failed)
    wait_for(lambda: len(system.told(None, "samples_lost")) == len(windows), system.trouble)
    assert {event["notify"] for event in system.told(None, "samples_lost")} == {True}


def test_a_prober_killed_while_the_aggregator_is_away_is_told_with_its_window(make_system, mock):
    system = make_counting_system(make_system, servers_at(mock)).start()
    wait_for_more_rows(system)
    system.aggregator.kill()
    away = time.time()
    wait_for_more_served(mock, 5)
    failed = failed_probes(system)
    system.prober.kill()
    system.prober.start()
    system.aggregator.start()
    wait_for(lambda: lost(system), system.trouble)
    back = time.time()
    wait_for_more_rows(system)
    windows = lost(system)
    assert len(windows) == 1
    assert windows[0]["since_us"] / 1e6 <= away + SLACK
    assert away < windows[0]["at_us"] / 1e6 <= back + SLACK
    freeze(mock)
    assert_missing_lie_in_windows(system, mock, windows, failed + failed_probes(system))
