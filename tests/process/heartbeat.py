"""A system whose notifier calls a service outside, the mock server, each second while the whole chain moves."""

import os
import signal
import time

from harness import wait_for

PING = "/ping/s3cr3t-t0ken"
STOPPED = 200  # seconds; the longest of the silences that end the calls is 15 s
NO_PROXY = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def make(make_system, mock, folder, **extra):
    mock.tell("/orders", "updates", every="500ms")
    mock.tell(PING, "ok")
    system = make_system({"orders": {"address": f"{mock.url}/orders", "interval": "500ms", "timeout": "500ms"}},
                         webhook=f"{mock.url}/hooks/id/token",
                         notifier={"state": str(folder / "notifier.sqlite"), **extra})
    system.notifier.popen_arguments["env"] = NO_PROXY
    return system


def with_heartbeat(make_system, mock, folder):
    return make(make_system, mock, folder, heartbeat_url=mock.url + PING, heartbeat_interval="1s")


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


def assert_called_only_while_it_moves(system, mock, name, why):
    """While that process stands still there are no calls, and the notifier says why; afterwards there are."""
    wait_for_calls(system, mock)
    said = len(system.notifier.err())
    system.processes[name].send(signal.SIGSTOP)
    # A notifier that stands still itself says nothing. All others: once it is said, only a call under way may come.
    wait_for(lambda: name == "notifier" or f"the heartbeat is not called: {why}" in system.notifier.err()[said:],
             system.trouble, deadline=STOPPED)
    wait_until_calls_end(system, mock)
    system.processes[name].send(signal.SIGCONT)
    wait_for_calls(system, mock)
