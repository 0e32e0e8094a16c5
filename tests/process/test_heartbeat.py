"""The service outside is called only while aggregator and notifier move; its own trouble holds up nobody."""

import time

from harness import wait_for
from heartbeat import PING, STOPPED, assert_called_only_while_it_moves, with_heartbeat


def test_the_outside_is_called_only_while_aggregator_and_notifier_move(make_system, mock, folder):
    system = with_heartbeat(make_system, mock, folder).start()
    assert_called_only_while_it_moves(system, mock, "notifier", "")
    assert_called_only_while_it_moves(system, mock, "aggregator", "no sign of life from the aggregator")
    mock.tell(PING, "status:500")
    wait_for(lambda: "the heartbeat does not get through: HTTP 500" in system.notifier.err(), system.trouble)
    mock.tell(PING, "ok")
    wait_for(lambda: "the heartbeat gets through again" in system.notifier.err(), system.trouble)
    assert set(system.stop().values()) == {0}
    for process in system.processes.values():
        assert "s3cr3t" not in process.out() + process.err()


def test_a_hanging_service_holds_up_neither_messages_nor_the_end(make_system, mock, folder):
    system = with_heartbeat(make_system, mock, folder)
    mock.tell(PING, "hang")
    system.start()
    wait_for(lambda: "the whole chain moves" in system.notifier.err(), system.trouble, deadline=STOPPED)
    told = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > told + 3, system.trouble)
    began = time.monotonic()
    assert system.notifier.stop() == 0
    assert time.monotonic() - began < 15  # a second or two; the hanging call takes 20 s
