"""The journal's disk and file in trouble: nothing that was decided is lost, and people are told."""

import json
import pathlib
import shutil
import signal
import subprocess
import time

import msgpack
import pytest
import zmq

from harness import BIN, Process, wait_for
from test_restarts import ends_together, servers_at, wait_for_more_rows

UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount():
    return subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


class SmallDisk:
    """A filesystem of its own for the aggregator's journal, of which others see nothing."""

    def __init__(self, system, megabytes):
        self.folder = system.folder / "disk"
        self.folder.mkdir()
        self.process = system.aggregator
        system.config["journal"] = {"path": str(self.folder / "journal.sqlite"), "reserve": "2MiB"}
        system.write_config()
        mount = f"mount -t tmpfs -o size={megabytes}m none {self.folder}"
        self.process.command = [*UNSHARE, "sh", "-c", f'{mount} && exec "$0" "$@"', *self.process.command]

    def path(self, name):
        return pathlib.Path(f"/proc/{self.process.popen.pid}/root{self.folder}") / name

    def fill(self):
        """Takes all that is free; how much it was."""
        taken = 0
        with open(self.path("others"), "ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                try:
                    while True:
                        taken += file.write(b"x" * size)
                except OSError:
                    pass
        return taken

    def make_room(self):
        self.path("others").unlink()


def assert_told_without_holes(system, first):
    numbers = [event["seq"] for event in system.told() if event["seq"] >= first]
    assert numbers == list(range(first, first + len(numbers)))


@pytest.mark.skipif(not can_mount(), reason="no right to mount a filesystem of one's own")
def test_on_a_full_disk_events_go_on_and_the_trouble_is_told_and_ended(make_system, mock):
    system = make_system(servers_at(mock, every="50ms"))
    for server in system.config["servers"].values():
        server.update(interval="100ms", timeout="100ms")
    disk = SmallDisk(system, megabytes=12)
    system.start()
    wait_for(lambda: disk.path("journal.sqlite.reserve").exists(), system.trouble)
    wait_for_more_rows(system)
    disk.fill()
    trouble = wait_for(lambda: system.told(None, "journal_trouble"), system.trouble)[0]
    assert "disk is full" in trouble["detail"]
    assert trouble["notify"]
    assert not disk.path("journal.sqlite.reserve").exists()
    wait_for_more_rows(system)  # on the reserve

    # Now the reserve, too: decided in memory, told by /readyz and the log, published later.
    while "going on in memory" not in system.aggregator.err():
        disk.fill()
        wait_for(lambda: "going on in memory" in system.aggregator.err() or disk.fill() == 0, system.trouble)
    disk.make_room()
    wait_for(lambda: system.told(None, "journal_ok"), system.trouble)
    assert disk.path("journal.sqlite.reserve").exists()
    wait_for_more_rows(system)
    assert_told_without_holes(system, system.told()[0]["seq"])
    opening, closing = system.told(None, "journal_trouble", "journal_ok")
    assert closing["episode"] == opening["seq"]


def journaled(system):
    """Every event that the journal's file holds."""
    out = subprocess.run([f"{BIN}/stalewatch", "replay", "--json", "--journal", system.folder / "journal.sqlite"],
                         capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def test_a_journal_that_is_deleted_under_the_aggregator_is_written_anew(make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    for path in system.folder.glob("journal.sqlite*"):
        path.unlink()
    trouble = wait_for(lambda: system.told(None, "journal_trouble"), system.trouble)[0]
    assert "deleted" in trouble["detail"] and "nothing is lost" in trouble["detail"]
    wait_for(lambda: system.told(None, "journal_ok"), system.trouble)
    wait_for_more_rows(system)
    system.restart("recorder", kill=True)
    wait_for_more_rows(system)
    ends_together(system)
    recorded = system.recorded()
    assert [event["seq"] for event in recorded] == list(range(1, len(recorded) + 1))
    assert [event["seq"] for event in journaled(system)][:len(recorded)] == [event["seq"] for event in recorded]


def copy_journal(source, destination):
    destination.mkdir(exist_ok=True)
    for path in source.glob("journal.sqlite*"):
        if path.suffix in (".sqlite", ".sqlite-wal"):
            shutil.copy(path, destination)


@pytest.mark.parametrize("lock", ["kept", "gone"])
def test_an_older_copy_of_the_journal_goes_on_under_another_id(lock, make_system, mock):
    """With its lock the aggregator knows by itself; without, by a consumer that has seen more."""
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    assert system.aggregator.stop() == 0
    copy_journal(system.folder, system.folder / "copy")
    copied = len(journaled(system))
    system.aggregator.start()
    wait_for_more_rows(system)
    for name in ("aggregator", "prober"):
        assert system.processes[name].stop() == 0
    wait_for(lambda: len(system.recorded()) >= len(journaled(system)), system.trouble)
    for path in system.folder.glob("journal.sqlite*"):
        if lock == "gone" or path.suffix != ".lock":
            path.unlink()
    copy_journal(system.folder / "copy", system.folder)
    system.start("aggregator")
    wait_for(lambda: "older copy" in system.aggregator.err(), system.trouble)
    system.start("prober")
    wait_for_more_rows(system)
    told = wait_for(lambda: system.told(None, "gap"), system.trouble)
    assert len(told) == 1 and "another journal" in told[0]["detail"]
    assert system.aggregator.err().count("older copy") == 1
    old, new = dict.fromkeys(event["journal_id"] for event in system.query(
        "select journal_id from stalewatch_updates_events order by decided_at_us"))
    first = system.query("select min(seq) as seq from stalewatch_updates_events where journal_id = ?", new)[0]["seq"]
    assert first == copied + 1  # what both journals have is recorded once
    assert system.query("select count(*) as n from stalewatch_updates_events where journal_id = ?", old)[0]["n"] > copied


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
        wait_for(lambda: len(system.recorded()) > start + 1500, system.trouble, deadline=120)
        if system.aggregator.peak_memory():
            assert memory(system.aggregator) - before < 100 << 20
    finally:
        system.notifier.send(signal.SIGCONT)
        deaf.close(linger=0)
        greedy.close(linger=0)
        context.term()
    wait_for(lambda: system.told() and system.told()[-1]["seq"] >= start + 1500, system.trouble)
    assert_told_without_holes(system, system.told()[0]["seq"])
