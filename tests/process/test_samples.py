"""What probers see while the aggregator is away, cut off or dead becomes rows all the same, each once; what cannot
is told by samples_lost with its window. The mock server's log of answers is the truth."""

import datetime
import pathlib
import signal
import socket
import time

import pytest
import yaml

from harness import wait_for
from proxy import Proxies, Proxy

SERVERS = ("A", "B", "C")
# A busy machine must not make probes time out: the mock has then sent what no prober has seen.
SERVER = {"interval": "1s", "timeout": "1s", "notification_threshold": "1h"}
LEASE = {"lease": "2s"}
RING = 30  # news, ten seconds of them


def servers_at(mock, names=SERVERS, every="300ms"):
    for name in names:
        mock.tell(f"/{name}", "updates", every=every)
    return {name: {"address": f"{mock.url}/{name}", **SERVER} for name in names}


def microseconds(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


def served(mock, name):
    """The computed times that a server answered with, in order, each once: when, and at what time it was sent first."""
    times = {}
    for answer in mock.log(f"/{name}"):
        if answer.get("computed_at"):
            times.setdefault(microseconds(answer["computed_at"]), microseconds(answer["sent_at"]))
    return times


def recorded(system, name):
    return [row["computed_at_us"] for row in system.rows(name)]


def wait_for_more_served(mock, more=5, names=SERVERS):
    before = {name: len(served(mock, name)) for name in names}
    wait_for(lambda: all(len(served(mock, name)) >= before[name] + more for name in names))


def wait_for_more_rows(system, more=2, names=SERVERS):
    before = {name: len(system.rows(name)) for name in names}
    wait_for(lambda: all(len(system.rows(name)) >= before[name] + more for name in names), system.trouble)


def lost(system):
    return [event for event in system.recorded() if event["kind"] == "samples_lost"]


def assert_every_update_once(system, mock, names=SERVERS):
    """The first computed time is no update; all others that were answered are rows, each once, with their times."""
    truth = {name: served(mock, name) for name in names}
    for name in names:
        wait_for(lambda n=name: set(recorded(system, n)) >= set(list(truth[n])[1:]),
                 lambda n=name: f"{n}: missing {sorted(set(list(truth[n])[1:]) - set(recorded(system, n)))}\n"
                                f"{system.trouble()}")
        rows = system.rows(name)
        computed = [row["computed_at_us"] for row in rows]
        assert sorted(computed) == sorted(set(computed)), f"{name}: told twice"
        assert set(computed) <= set(truth[name])
        for row in rows:
            # Seen when the mock sent it, give or take a busy machine.
            assert abs(row["observed_at_us"] - truth[name][row["computed_at_us"]]) < 2_000_000, row


def freeze(mock, names=SERVERS):
    """No more updates: what is sent while the prober ends may be seen by nobody."""
    for name in names:
        mock.tell(f"/{name}", "frozen")
    wait_for(lambda: all(mock.log(f"/{name}")[-1]["mode"] == "frozen" for name in names))


def end(system, mock):
    freeze(mock)
    assert_every_update_once(system, mock)
    assert system.prober.stop() == 0, system.prober.err()
    assert set(system.stop().values()) == {0}, system.trouble()


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGSTOP"])
def test_updates_while_the_aggregator_is_away_become_rows(how, make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    for _ in range(2):
        if how == "SIGKILL":
            system.aggregator.kill()
        elif how == "SIGTERM":
            assert system.aggregator.stop() == 0
        else:
            system.aggregator.send(signal.SIGSTOP)
        wait_for_more_served(mock, 20)
        if how == "SIGSTOP":
            system.aggregator.send(signal.SIGCONT)
        else:
            system.aggregator.start()
        wait_for_more_rows(system)
    end(system, mock)
    assert not lost(system)
    assert not [event for event in system.recorded() if event["kind"] in ("not_watched", "stale", "prober_lost")]


def test_a_loaded_aggregator_killed_again_and_again_loses_and_doubles_nothing(make_system, mock):
    names = [f"S{number}" for number in range(30)]
    system = make_system(servers_at(mock, names)).start()
    wait_for_more_rows(system, 1, names)
    for pause in range(10):
        time.sleep(0.05 * pause)  # varied moments of a commit
        system.restart("aggregator", kill=True)
        wait_for_more_rows(system, 1, names[:3])
    freeze(mock, names)
    assert_every_update_once(system, mock, names)
    assert system.prober.stop() == 0
    assert not lost(system)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_updates_while_the_prober_is_cut_off_become_rows(make_system, mock):
    ports = {name: free_port() for name in ("samples", "control")}
    transport = {name: f"tcp://127.0.0.1:{port}" for name, port in ports.items()}
    system = make_system(servers_at(mock), transport={**LEASE, **transport})
    proxies = Proxies(**{name: Proxy(("127.0.0.1", port)) for name, port in ports.items()})
    apart = dict(system.config["transport"], **{name: f"tcp://127.0.0.1:{proxies[name].port}" for name in ports})
    path = system.folder / "prober.yaml"
    path.write_text(yaml.safe_dump({**system.config, "transport": apart}))
    system.prober.command[2] = str(path)
    try:
        system.start()
        wait_for_more_rows(system)
        for sockets in (("samples", "control"), ("samples",)):
            for name in sockets:
                proxies[name].cut()
            wait_for_more_served(mock, 15)
            for name in sockets:
                proxies[name].mend()
            wait_for_more_rows(system, 3)
        # For less than a lease: it counts as there all the time, and comes by other connections.
        proxies.all("drop")
        wait_for_more_rows(system, 5)
        freeze(mock)
        assert_every_update_once(system, mock)
        assert system.prober.stop() == 0
    finally:
        proxies.all("cut")


def assert_missing_lie_in_windows(system, mock, windows):
    """Every update that is no row was seen within one of the windows (give or take a busy machine)."""
    slack = 1_500_000

    def outside():  # at first, also what is on its way
        return [(name, computed, sent) for name in SERVERS for rows in [set(recorded(system, name))]
                for computed, sent in list(served(mock, name).items())[1:]
                if computed not in rows and not any(window["since_us"] - slack <= sent <= window["at_us"] + slack
                                                    for window in windows)]
    wait_for(lambda: not outside(), lambda: (outside(), windows))


def test_a_full_ring_drops_the_oldest_and_tells_the_window(make_system, mock):
    system = make_system(servers_at(mock), transport=LEASE, prober={"name": "prober-1", "ring": RING}).start()
    wait_for_more_rows(system)
    system.aggregator.kill()
    away = time.time()
    wait_for_more_served(mock, 2 * RING // len(SERVERS))
    system.aggregator.start()
    wait_for(lambda: lost(system), system.trouble)
    wait_for_more_rows(system)
    flowing = time.time()
    assert system.prober.stop() == 0
    wait_for(lambda: len({row["seq"] for row in system.recorded()}) == system.recorded()[-1]["seq"], system.trouble)
    # One as a rule; on a busy machine the ring may overflow again before the first acknowledgement.
    windows = lost(system)
    for window in windows:
        assert away - 2 <= window["since_us"] / 1e6 <= window["at_us"] / 1e6 <= flowing + 2, windows
        assert window["prober"] == "prober-1"
    assert sum(int(window["detail"].split()[0]) for window in windows) >= 20
    assert_missing_lie_in_windows(system, mock, windows)
    assert {event["notify"] for event in system.told() if event["kind"] == "samples_lost"} == {True}


def test_a_prober_killed_while_the_aggregator_is_away_is_told_with_its_window(make_system, mock):
    system = make_system(servers_at(mock), transport=LEASE).start()
    wait_for_more_rows(system)
    system.aggregator.kill()
    away = time.time()
    wait_for_more_served(mock, 5)
    system.prober.kill()
    system.prober.start()
    system.aggregator.start()
    wait_for(lambda: lost(system), system.trouble)
    back = time.time()
    wait_for_more_rows(system)
    windows = lost(system)
    assert len(windows) == 1
    assert windows[0]["since_us"] / 1e6 <= away + 1
    assert away < windows[0]["at_us"] / 1e6 <= back + 1
    freeze(mock)
    assert_missing_lie_in_windows(system, mock, windows)


def test_a_prober_that_stood_still_takes_up_again_where_it_was(make_system, mock):
    system = make_system(servers_at(mock), transport=LEASE).start()
    wait_for_more_rows(system)
    system.prober.send(signal.SIGSTOP)
    wait_for(lambda: system.told(None, "prober_lost"), system.trouble)
    system.prober.send(signal.SIGCONT)
    wait_for_more_rows(system)
    end(system, mock)


def test_reloads_under_load_cost_the_other_servers_nothing(make_system, mock):
    system = make_system(servers_at(mock), transport=LEASE).start()
    wait_for_more_rows(system)

    def reload_with(text=None):
        told = len(system.aggregator.err())
        if text is None:
            system.write_config()
        else:
            pathlib.Path(system.config_path).write_text(text)
        system.aggregator.send(signal.SIGHUP)
        wait_for(lambda: "reloaded" in system.aggregator.err()[told:], system.trouble)

    for turn in range(12):
        name = f"extra{turn % 3}"
        if turn % 4 == 3:
            reload_with("servers: 5\n")
            continue
        servers = system.config["servers"]
        if name in servers and turn % 2:
            del servers[name]
        elif name in servers:
            servers[name]["address"] += "/moved"
        else:
            servers[name] = {"address": f"{mock.url}/{name}", **SERVER}
        reload_with()
        wait_for_more_served(mock, 1)
    wait_for_more_rows(system)
    end(system, mock)
    kinds = {event["kind"] for event in system.recorded() if event["server"] in SERVERS}
    assert kinds == {"updated"}
