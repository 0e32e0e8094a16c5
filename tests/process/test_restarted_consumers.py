"""A recorder or notifier that is restarted again and again goes on where it was: no event is lost, no row doubled."""

import pytest

from chain import (assert_nothing_lost_or_doubled, assert_told_in_order, ends_together, servers_at,
                   wait_for_more_rows)


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("name", ["recorder", "notifier"])
def test_a_restarted_consumer_goes_on_where_it_was(name, kill, make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    for _ in range(3):
        system.restart(name, kill)
        wait_for_more_rows(system)
    ends_together(system)
    assert_nothing_lost_or_doubled(system)
    # What was printed but not yet noted as told when the power went is told again.
    assert_told_in_order(system, repeats_allowed=name == "notifier" and kill)
