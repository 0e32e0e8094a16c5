"""A loaded aggregator that is killed again and again, at any moment of a commit, loses and doubles nothing."""

import time

from updates_served import assert_every_update_once, freeze, lost, make_counting_system, servers_at, wait_for_more_rows


def test_a_loaded_aggregator_killed_again_and_again_loses_and_doubles_nothing(make_system, mock):
    names = [f"S{number}" for number in range(30)]
    system = make_counting_system(make_system, servers_at(mock, names)).start()
    wait_for_more_rows(system, 1, names)
    for pause in range(10):
        time.sleep(0.05 * pause)  # varied moments of a commit
        system.restart("aggregator", kill=True)
        wait_for_more_rows(system, 1, names[:3])
    freeze(mock, names)
    assert_every_update_once(system, mock, names)
    assert system.prober.stop() == 0
    assert not lost(system)
