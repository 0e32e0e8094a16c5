"""The mock server's log of answers is the truth: which updates there were, and which of them must be rows."""

import datetime

from harness import DEADLINE, free_port, metrics, wait_for

SERVERS = ("A", "B", "C")
# On a busy machine a probe may time out all the same: the mock has then sent what no prober has seen (failed_probes).
SERVER = {"interval": "1s", "timeout": "1s", "notification_threshold": "1h"}
LEASE = {"lease": "2s"}
# Answers of each server, one a second, while somebody is away: longer than the 10 s after which news count as late.
AWAY = 12


def servers_at(mock, names=SERVERS, every="300ms"):
    for name in names:
        mock.tell(f"/{name}", "updates", every=every)
    return {name: {"address": f"{mock.url}/{name}", **SERVER} for name in names}


def make_counting_system(make_system, servers, **arguments):
    """A system whose prober counts its probes by what they came to."""
    system = make_system(servers, **arguments)
    system.prober_port = free_port()
    system.prober.command += ["--http", f"127.0.0.1:{system.prober_port}"]
    return system


def failed_probes(system):
    """Of the prober that runs. Each may have cost one update: its answer was sent, and is nothing that anybody saw."""
    probes = {name: count for name, count in metrics(system.prober_port).items()
              if name.startswith("stalewatch_prober_probes_total{")}
    assert probes, system.trouble()
    return sum(count for name, count in probes.items() if 'outcome="ok"' not in name)


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
    wait_for(lambda: all(len(served(mock, name)) >= before[name] + more for name in names),
             deadline=max(DEADLINE, 10 * more), pause=0.1)


def wait_for_more_rows(system, more=2, names=SERVERS):
    before = {name: len(system.rows(name)) for name in names}
    wait_for(lambda: all(len(system.rows(name)) >= before[name] + more for name in names), system.trouble, pause=0.1)


def lost(system):
    return [event for event in system.recorded() if event["kind"] == "samples_lost"]


def assert_every_update_once(system, mock, names=SERVERS):
    """The first computed time is no update; all others that a prober saw are rows, each once, with their times."""
    truth = {name: served(mock, name) for name in names}

    def missing():
        return [(name, computed) for name in names for rows in [set(recorded(system, name))]
                for computed in list(truth[name])[1:] if computed not in rows]

    wait_for(lambda: len(missing()) <= failed_probes(system),
             lambda: f"missing {missing()}, failed probes: {failed_probes(system)}\n{system.trouble()}", pause=0.1)
    for name in names:
        rows = system.rows(name)
        computed = [row["computed_at_us"] for row in rows]
        assert sorted(computed) == sorted(set(computed)), f"{name}: told twice"
        assert set(computed) <= set(truth[name])
        for row in rows:
            # Seen when the mock sent it, not when it came; give or take a busy machine.
            assert abs(row["observed_at_us"] - truth[name][row["computed_at_us"]]) < 5_000_000, row


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


def assert_missing_lie_in_windows(system, mock, windows, failed):
    """Every update that is no row was seen within one of the windows (give or take a busy machine), or by nobody."""
    slack = 1_500_000

    def outside():  # at first, also what is on its way
        return [(name, computed, sent) for name in SERVERS for rows in [set(recorded(system, name))]
                for computed, sent in list(served(mock, name).items())[1:]
                if computed not in rows and not any(window["since_us"] - slack <= sent <= window["at_us"] + slack
                                                    for window in windows)]
    wait_for(lambda: len(outside()) <= failed, lambda: (outside(), windows, failed))


def updates_while_the_aggregator_is_away_become_rows(make_system, mock, leave, come_back):
    """Twice, for the second time must find everything as the first did."""
    system = make_counting_system(make_system, servers_at(mock)).start()
    wait_for_more_rows(system)
    for _ in range(2):
        leave(system.aggregator)
        wait_for_more_served(mock, AWAY)
        come_back(system.aggregator)
        wait_for_more_rows(system)
    end(system, mock)
    assert any(event["late"] for event in system.recorded() if event["kind"] == "updated")
    assert not lost(system)
    assert not [event for event in system.recorded() if event["kind"] in ("not_watched", "stale", "prober_lost")]
