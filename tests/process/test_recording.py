"""What the aggregator decided is decided again from its recording, byte for byte."""

import json
import stat
import subprocess

import pytest

from chain import servers_at, wait_for_more_rows
from harness import BIN, wait_for
from recording import journaled_lines, replayed


def recorded(make_system, mock, *more, **changes):
    servers = servers_at(mock, every="1s")
    for server in servers.values():
        server.update(interval="400ms", timeout="400ms", **changes)
    system = make_system(servers)
    system.recording = system.folder / "aggregator.recording"
    system.aggregator.command += ["--record", str(system.recording), *more]
    return system


def journal_of(system):
    return journaled_lines(system.config["journal"]["path"])


def test_a_recording_decided_again_is_what_the_journal_holds(make_system, mock):
    system = recorded(make_system, mock).start()
    wait_for_more_rows(system)
    system.restart("prober", kill=True)
    wait_for_more_rows(system)
    del system.config["servers"][sorted(system.config["servers"])[0]]
    system.write_config()
    assert "reloaded" in subprocess.run([f"{BIN}/stalewatch", "reload", "--config", system.config_path], capture_output=True,
                                        text=True, check=True).stdout
    wait_for(lambda: system.told(None, "retired"), system.trouble)
    assert set(system.stop().values()) == {0}
    events = journal_of(system)
    assert {"updated", "retired", "prober_joined"} <= {json.loads(line)["kind"] for line in events}
    assert replayed(system.recording) == events


def test_the_recording_of_one_that_was_killed_and_of_the_one_after(make_system, mock):
    system = recorded(make_system, mock).start()
    wait_for_more_rows(system)
    system.restart("aggregator", kill=True)
    wait_for_more_rows(system)
    assert set(system.stop().values()) == {0}
    events = journal_of(system)
    after = replayed(system.recording)
    first = json.loads(after[0])["seq"]
    assert first > 1
    assert after == events[first - 1:]
    # Of the last second of the one before, the file may lack what the journal has, or have what it lacks.
    before = replayed(f"{system.recording}.1")
    assert before and before[:first - 1] == events[:min(len(before), first - 1)]


def test_the_file_is_its_owners_and_tells_no_secret(make_system, mock):
    system = recorded(make_system, mock, headers={"X-Token": "geheim-1"}, basic_auth="me:geheim-2")
    system.start()
    wait_for_more_rows(system)
    assert set(system.stop().values()) == {0}
    assert stat.S_IMODE(system.recording.stat().st_mode) == 0o600
    assert b"geheim" not in system.recording.read_bytes()


@pytest.mark.parametrize("content, words", [
    (None, "No such file or directory"),
    (b"{}\n", "is no recording"),
    (b"stalewatch recording 1\nbuild 12\n\n", "another build"),
])
def test_what_is_no_recording_is_refused(tmp_path, content, words):
    path = tmp_path / "recording"
    if content is not None:
        path.write_bytes(content)
    out = subprocess.run([f"{BIN}/stalewatch-aggregator", "--replay", path], capture_output=True, text=True)
    assert out.returncode == 1
    assert words in out.stderr and out.stdout == ""


def test_a_recording_that_cannot_be_begun_ends_the_start(make_system, mock):
    system = recorded(make_system, mock)
    system.aggregator.command[-1] = str(system.folder / "no/such/folder/recording")
    system.start("aggregator")
    assert system.aggregator.wait() == 1
    assert "no/such/folder/recording" in system.aggregator.err()
