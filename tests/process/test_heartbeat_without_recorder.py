"""The service outside is not called while the recorder stands still: what is decided does not become rows."""

from heartbeat import assert_called_only_while_it_moves, with_heartbeat


def test_the_outside_is_called_only_while_the_recorder_moves(make_system, mock, folder):
    system = with_heartbeat(make_system, mock, folder).start()
    assert_called_only_while_it_moves(system, mock, "recorder", "consumer recorder is silent for 15s")
    assert set(system.stop().values()) == {0}
