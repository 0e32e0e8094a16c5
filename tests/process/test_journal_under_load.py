"""The journal under load: a power cut at any moment, and consumers that do not read, cost nobody an event."""

import pathlib
import signal
import time

import msgpack
import zmq

from chain import ends_together, servers_at, wait_for_more_rows
from harness import Process, wait_for
from journal_file import assert_told_without_holes, journaled


def test_a_power_cut_at_any_moment_of_a_commit_loses_nothing_that_was_published(make_system, mock):
    system = make_system(servers_at(mock, every="30ms"), transport={"lease": "1s"})
    for server in system.config["servers"].values():
        server.update(interval="30ms", timeout="30ms")
    system.write_config()
    system.start()
    follower = Process(system.folder, "follower", "events", "--follow", "--from", 1, "--json", "--config",
                       system.config_path, executable="stalewatch")
    wait_for_more_rows(system)
    follower.start()
    try:
        for n in range(12):
            seen = len(follower.json_lines())
            wait_for(lambda s=seen: len(follower.json_lines()) > s, system.trouble)
            time.sleep(0.007 * n)  # any moment
            system.restart("aggregator", kill=True)
        wait_for_more_rows(system)
        ends_together(system)
        published = follower.json_lines()
    finally:
        follower.kill()
    held = journaled(system)
    assert [event["seq"] for event in held] == list(range(1, len(held) + 1))
    assert published == held[:len(published)]
    assert [event["seq"] for event in system.recorded()] == [event["seq"] for event in held][:len(system.recorded())]


def memory(process):
    status = pathlib.Path(f"/proc/{process.popen.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


def test_who_does_not_read_costs_bounded_memory_and_nobody_else_anything(make_system, mock):
    system = make_system(servers_at(mock, every="20ms"))
    for server in system.config["servers"].values():
        server.update(interval="20ms", timeout="20ms")
    system.write_config()
    system.start()
    wait_for_more_rows(system)
    wait_for(lambda: system.told(None, "updated"), system.trouble)
    context = zmq.Context()
    deaf = context.socket(zmq.SUB)
    deaf.setsockopt(zmq.RCVHWM, 1)
    deaf.subscribe(b"")
    deaf.connect(f"ipc://{system.folder}/events")
    greedy = context.socket(zmq.DEALER)
    greedy.setsockopt(zmq.RCVHWM, 1)
    greedy.connect(f"ipc://{system.folder}/control")
    system.notifier.send(signal.SIGSTOP)
    before = memory(system.aggregator)
    try:
        replay = msgpack.packb({"journal": "", "after": 0, "limit": 5000})
        header = msgpack.packb([1, "greedy", "boot", 1])
        for _ in range(5000):
            greedy.send_multipart([b"replay", header, replay])
        start = len(system.recorded())
        wait_for(lambda: len(system.recorded()) > start + 1500, system.trouble, deadline=200)
        if system.aggregator.peak_memory():
            assert memory(system.aggregator) - before < 100 << 20
    finally:
        system.notifier.send(signal.SIGCONT)
        deaf.close(linger=0)
        greedy.close(linger=0)
        context.term()
    wait_for(lambda: system.told() and system.told()[-1]["seq"] >= start + 1500, system.trouble)
    assert_told_without_holes(system)
