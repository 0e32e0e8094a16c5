"""The journal's disk and file in trouble: nothing that was decided is lost, and people are told."""

import pathlib
import subprocess

import pytest

from chain import ends_together, servers_at, wait_for_more_rows
from harness import wait_for
from journal_file import assert_told_without_holes, journaled

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
    assert_told_without_holes(system)
    opening, closing = system.told(None, "journal_trouble", "journal_ok")
    assert closing["episode"] == opening["seq"]


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
