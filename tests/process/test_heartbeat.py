"""The watcher watched: the notifier tells that the aggregator is silent, and calls a service outside while all moves."""

import os
import signal
import time

from harness import DEADLINE, wait_for

PING = "/ping/s3cr3t-t0ken"
STOPPED = 60  # seconds; the longest of the silences that end the calls is 15 s
NO_PROXY = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def make(make_system, mock, folder, **extra):
    mock.tell("/orders", "updates", every="500ms")
    mock.tell(PING, "ok")
    system = make_system({"orders": {"address": f"{mock.url}/orders", "interval": "500ms", "timeout": "500ms"}},
                         webhook=f"{mock.url}/hooks/id/token",
                         notifier={"state": str(folder / "notifier.sqlite"), **extra})
    system.notifier.popen_arguments["env"] = NO_PROXY
    return system


def calls(mock):
    return len(mock.log(PING))


def wait_until_calls_end(system, mock):
    """Three intervals without one."""
    seen, since = calls(mock), time.monotonic()

    def quiet():
        nonlocal seen, since
        if calls(mock) != seen:
            seen, since = calls(mock), time.monotonic()
        return time.monotonic() - since > 3
    wait_for(quiet, system.trouble, deadline=STOPPED, pause=0.1)


def wait_for_calls(system, mock, count=2):
    before = calls(mock)
    wait_for(lambda: calls(mock) >= before + count, system.trouble, deadline=STOPPED)


def test_the_outside_is_called_only_while_the_whole_chain_moves(make_system, mock, folder):
    system = make(make_system, mock, folder, heartbeat_url=mock.url + PING, heartbeat_interval="1s").start()
    wait_for_calls(system, mock)
    for name in ("prober", "recorder", "notifier", "aggregator"):
        system.processes[name].send(signal.SIGSTOP)
        wait_until_calls_end(system, mock)
        system.processes[name].send(signal.SIGCONT)
        wait_for_calls(system, mock)
    for why in ("no samples for 15s", "the recorder is silent for 15s", "no sign of life from the aggregator"):
        assert f"the heartbeat is not called: {why}" in system.notifier.err(), system.trouble()
    mock.tell(PING, "status:500")
    wait_for(lambda: "the heartbeat does not get through: HTTP 500" in system.notifier.err(), system.trouble)
    mock.tell(PING, "ok")
    wait_for(lambda: "the heartbeat gets through again" in system.notifier.err(), system.trouble)
    assert set(system.stop().values()) == {0}
    for process in system.processes.values():
        assert "s3cr3t" not in process.out() + process.err()


def test_a_hanging_service_holds_up_neither_messages_nor_the_end(make_system, mock, folder):
    system = make(make_system, mock, folder, heartbeat_url=mock.url + PING, heartbeat_interval="1s")
    mock.tell(PING, "hang")
    system.start()
    wait_for(lambda: "the whole chain moves" in system.notifier.err(), system.trouble, deadline=STOPPED)
    told = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > told + 3, system.trouble)
    began = time.monotonic()
    assert system.notifier.stop() == 0
    assert time.monotonic() - began < 5


def lost(system):
    return len(system.told(None, "aggregator_lost"))


def posted(mock, words):
    return sum(words in str(call["body"]) for call in mock.received() if call["posted"])


def test_an_aggregator_that_hangs_is_told_once_and_that_it_is_back(make_system, mock, folder):
    system = make(make_system, mock, folder).start()
    wait_for(lambda: system.told("orders", "updated"), system.trouble)
    system.aggregator.send(signal.SIGSTOP)
    began = time.monotonic()
    wait_for(lambda: lost(system) == 1, system.trouble)
    assert 8 < time.monotonic() - began < 15
    wait_for(lambda: posted(mock, "no sign of life") == 1, system.trouble)
    assert "AGGREGATOR LOST" in (system.folder / "events.log").read_text()
    system.restart("notifier", kill=True)  # it remembers that it has told it
    system.aggregator.send(signal.SIGCONT)
    wait_for(lambda: system.told(None, "aggregator_back"), system.trouble)
    wait_for(lambda: posted(mock, "aggregator is back") == 1, system.trouble)
    updates = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > updates, system.trouble)
    # A notifier that stood still itself has no right to say that others were silent.
    system.notifier.send(signal.SIGSTOP)
    time.sleep(11)
    system.notifier.send(signal.SIGCONT)
    updates = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > updates + 3, system.trouble)
    assert lost(system) == 1
    assert set(system.stop().values()) == {0}


def test_an_aggregator_that_was_never_there_is_told_after_the_same_time(make_system, mock, folder):
    system = make(make_system, mock, folder).start("notifier")
    began = time.monotonic()
    wait_for(lambda: lost(system) == 1, system.trouble)
    assert 8 < time.monotonic() - began < 15
    wait_for(lambda: posted(mock, "no sign of life") == 1, system.trouble)
    system.start("aggregator", "recorder", "prober")
    wait_for(lambda: system.told(None, "aggregator_back"), system.trouble)
    wait_for(lambda: posted(mock, "aggregator is back") == 1, system.trouble, deadline=DEADLINE)
    assert lost(system) == 1
    assert set(system.stop().values()) == {0}
