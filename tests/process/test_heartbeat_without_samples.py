"""The service outside is not called while the prober stands still: without samples nothing is watched."""

from heartbeat import assert_called_only_while_it_moves, with_heartbeat


def test_the_outside_is_called_only_while_samples_come(make_system, mock, folder):
    system = with_heartbeat(make_system, mock, folder).start()
    assert_called_only_while_it_moves(system, mock, "prober", "no samples for 15s")
    assert set(system.stop().values()) == {0}
