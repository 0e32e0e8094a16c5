"""Any order of starting and any restart of a consumer loses no event and doubles no row."""

import concurrent.futures
import itertools
import signal
import time

import pytest

from harness import PROCESSES, wait_for

SERVERS = ("A", "B", "C")
SERVER = {"interval": "400ms", "timeout": "400ms", "notification_threshold": "1h"}


def servers_at(mock, every="300ms"):
    for name in SERVERS:
        mock.tell(f"/{name}", "updates", every=every)
    return {name: {"address": f"{mock.url}/{name}", **SERVER} for name in SERVERS}


def updates_of(system, name):
    return len(system.rows(name))


def wait_for_more_rows(system, more=3):
    """The whole chain works now: every server gets rows that were not there before."""
    before = {name: updates_of(system, name) for name in SERVERS}
    wait_for(lambda: all(updates_of(system, name) >= before[name] + more for name in SERVERS),
             lambda: f"rows {before}\n{system.trouble()}")


def assert_nothing_lost_or_doubled(system):
    """Recorder and notifier have everything up to the same number."""
    numbers = [event["seq"] for event in system.recorded()]
    assert numbers == list(range(1, len(numbers) + 1))
    rows = system.query("select seq from stalewatch_updates order by seq")
    updates = [event["seq"] for event in system.recorded() if event["kind"] == "updated"]
    assert [row["seq"] for row in rows] == updates


def assert_told_in_order(system, repeats_allowed):
    numbers = [event["seq"] for event in system.told() if event["seq"] > 0]
    firsts = list(dict.fromkeys(numbers))
    assert firsts == sorted(firsts)
    assert firsts == list(range(firsts[0], firsts[-1] + 1))
    if not repeats_allowed:
        assert numbers == firsts


def ends_together(system):
    """Ends the source of events first, so that both consumers can take the last one."""
    assert system.prober.stop() == 0, system.prober.err()

    def both_have_all():
        recorded = system.recorded()
        told = system.told()
        return recorded and told and recorded[-1]["seq"] == told[-1]["seq"] and recorded[-1]["kind"] != "updated"

    # The last event says that the prober has gone; until then nothing is known to be complete.
    wait_for(lambda: both_have_all() or silent(system), system.trouble)
    codes = system.stop()
    assert set(codes.values()) == {0}, (codes, system.trouble())


def silent(system):
    """Both consumers are at the same number and stay there for a second."""
    def heads():
        recorded, told = system.recorded(), system.told()
        return (recorded[-1]["seq"] if recorded else 0), (told[-1]["seq"] if told else 0)

    before = heads()
    time.sleep(1)  # a beat comes each second; what was lost would be asked for by now
    return heads() == before and before[0] == before[1] > 0


ORDERS = list(itertools.permutations(PROCESSES))
SYSTEMS_AT_ONCE = 6


def start_in_order(order, make_system, mock):
    system = make_system(servers_at(mock), name="-".join(name[0] for name in order), transport={"lease": "1s"})
    for name in order:
        process = system.start(name).processes[name]
        # Each gets so far that it waits for the others.
        wait_for(lambda p=process: p.err() or not p.running())
        assert process.running(), process.err()
    wait_for_more_rows(system, 2)
    wait_for(lambda: system.told("A", "updated"), system.trouble)
    ends_together(system)
    assert_nothing_lost_or_doubled(system)
    assert_told_in_order(system, repeats_allowed=False)


def test_every_order_of_starting_works(make_system, mock):
    with concurrent.futures.ThreadPoolExecutor(SYSTEMS_AT_ONCE) as pool:
        started = {order: pool.submit(start_in_order, order, make_system, mock) for order in ORDERS}
    wrong = {"-".join(order): str(play.exception()) for order, play in started.items() if play.exception()}
    assert not wrong


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


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_what_happens_while_a_consumer_is_away_reaches_it(kill, make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    for name in ("recorder", "notifier"):
        if kill:
            system.processes[name].kill()
        else:
            assert system.processes[name].stop() == 0
    mock.tell("/A", "status:500")
    wait_for(lambda: [a["status"] for a in mock.log("/A")].count(500) >= 5)
    mock.tell("/A", "ok")
    good = len([a for a in mock.log("/A") if a["status"] == 200])
    wait_for(lambda: len([a for a in mock.log("/A") if a["status"] == 200]) >= good + 3)
    system.start("recorder", "notifier")
    wait_for(lambda: system.told("A", "answering_again"), system.trouble)
    wait_for_more_rows(system)
    ends_together(system)
    assert [kind for kind in system.kinds("A") if kind != "updated"] == ["failing", "answering_again"]
    assert_nothing_lost_or_doubled(system)


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_a_restarted_aggregator_neither_forgets_nor_repeats(kill, make_system, mock):
    system = make_system(servers_at(mock), transport={"lease": "1s"}).start()
    wait_for_more_rows(system)
    mock.tell("/A", "status:500")
    wait_for(lambda: system.told("A", "failing"), system.trouble)
    system.restart("aggregator", kill)
    wait_for_more_rows_of(system, ("B", "C"))
    assert len(system.told("A", "failing")) == 1
    mock.tell("/A", "ok")
    wait_for(lambda: system.told("A", "answering_again"), system.trouble)
    ends_together(system)
    assert system.kinds("A", "updated") == ["failing", "answering_again"]
    assert_nothing_lost_or_doubled(system)


def wait_for_more_rows_of(system, names):
    before = {name: updates_of(system, name) for name in names}
    wait_for(lambda: all(updates_of(system, name) >= before[name] + 3 for name in names), system.trouble)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_every_process_ends_within_five_seconds(number, make_system, mock):
    mock.tell("/hanging", "hang")
    servers = servers_at(mock)
    servers["hanging"] = {"address": f"{mock.url}/hanging", "interval": "1m", "timeout": "1m"}
    system = make_system(servers).start()
    wait_for_more_rows(system, 1)
    for name in PROCESSES:
        started = time.monotonic()
        assert system.processes[name].stop(number) == 0, system.processes[name].err()
        assert time.monotonic() - started < 5, name


@pytest.mark.parametrize("name", PROCESSES)
def test_a_lonely_process_waits_says_so_and_ends_cleanly(name, make_system, mock):
    system = make_system(servers_at(mock)).start(name)
    process = system.processes[name]
    wait_for(lambda: process.err() or not process.running())
    assert process.running(), process.err()
    assert process.stop() == 0, process.err()


def test_a_reload_takes_a_new_server_and_refuses_a_bad_file(make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system, 1)
    system.config["servers"]["D"] = {"address": f"{mock.url}/D", **SERVER}
    mock.tell("/D", "updates", every="300ms")
    system.write_config()
    system.aggregator.send(signal.SIGHUP)
    wait_for(lambda: system.rows("D"), system.trouble)
    del system.config["servers"]["B"]
    system.write_config()
    system.aggregator.send(signal.SIGHUP)
    wait_for(lambda: system.told("B", "retired"), system.trouble)
    system.config_path.write_text("servers: 5\n")
    errors = len(system.aggregator.err())
    system.aggregator.send(signal.SIGHUP)
    wait_for(lambda: "servers" in system.aggregator.err()[errors:], system.trouble)
    wait_for_more_rows_of(system, ("A", "D"))
