"""Where processes meet when nobody says: sockets of their user; and an address that is in use is left to who has it."""

import os
import pathlib
import shutil
import stat
import subprocess
import sys

import pytest

from chain import servers_at, wait_for_more_rows
from harness import BIN, PROCESSES, Process, free_port, wait_for

CONSUMER = pathlib.Path(__file__).parents[2] / "docs" / "consumer.py"


def in_state_directory(system, name="state", **popen):
    """No addresses: the state directory says where."""
    del system.config["transport"]
    system.write_config()
    environment = {**os.environ, "STALEWATCH_STATE_DIR": str(system.folder / name)}
    for process in system.processes.values():
        process.popen_arguments.update({"env": environment, **popen})
    return environment


def mode_of(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_folders_that_are_missing_on_the_way_to_the_state_are_made_for_their_owner_alone(make_system, mock):
    system = make_system(servers_at(mock))
    environment = in_state_directory(system, umask=0)
    del environment["STALEWATCH_STATE_DIR"], system.config["journal"]["path"]
    environment["XDG_STATE_HOME"] = str(system.folder / "home" / "state")
    system.write_config()
    for process in system.processes.values():
        process.popen_arguments["env"] = environment
    system.start("aggregator")
    wait_for(lambda: "started targets=" in system.aggregator.err(), system.trouble)
    for name in ("home", "home/state", "home/state/stalewatch", "home/state/stalewatch/sockets"):
        assert mode_of(system.folder / name) == 0o700, name


def test_single_processes_of_one_user_meet_in_the_state_directory(make_system, mock, folder):
    system = make_system(servers_at(mock))
    system.rows_path = system.folder / "state" / "rows.sqlite"
    system.config["credentials"]["DB"]["db"] = str(system.rows_path)
    environment = in_state_directory(system, umask=0)
    system.start()
    wait_for_more_rows(system)
    state = system.folder / "state"
    assert mode_of(state) == mode_of(state / "sockets") == 0o700
    for name in ("samples", "control", "events"):
        assert mode_of(state / "sockets" / name) == 0o600
    for name in ("journal.sqlite", "journal.sqlite.lock", "journal.sqlite.reserve", "notifier.sqlite"):
        assert mode_of(system.folder / name) == 0o600
    assert mode_of(system.rows_path) == 0o600

    status = subprocess.run([f"{BIN}/stalewatch", "reload", "--config", system.config_path], env=environment,
                            capture_output=True, text=True, timeout=60)
    assert status.returncode == 0, status.stderr
    with open(folder / "consumed", "wb") as out:
        consumer = subprocess.Popen([sys.executable, CONSUMER, folder / "cursor"], env=environment, stdout=out)
    try:
        wait_for(lambda: b'"updated"' in (folder / "consumed").read_bytes(), system.trouble)
    finally:
        consumer.kill()
        consumer.wait()
    system.restart("aggregator", kill=True)  # its sockets lie there still
    wait_for_more_rows(system)


def test_sockets_that_somebody_deletes_are_made_anew(make_system, mock):
    system = make_system(servers_at(mock))
    in_state_directory(system)
    system.start()
    wait_for_more_rows(system)
    shutil.rmtree(system.folder / "state" / "sockets")
    wait_for(lambda: system.aggregator.err().count("it is made anew") == 3, system.trouble)
    wait_for_more_rows(system)  # whoever was connected goes on
    for name in ("prober", "notifier", "recorder"):
        system.restart(name, kill=True)
    wait_for_more_rows(system)
    assert mode_of(system.folder / "state" / "sockets") == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_joins_nothing_and_is_told_why(make_system, mock):
    system = make_system(servers_at(mock))
    environment = in_state_directory(system)
    system.start("aggregator", "prober", "recorder", "notifier")
    wait_for_more_rows(system)
    for path in (system.folder.parent, system.folder):
        path.chmod(0o755)
    nobody = 65534
    stranger = Process(system.folder, "stranger", "--config", system.config_path, "--name", "stranger",
                       executable="stalewatch-prober", env=environment, user=nobody, group=nobody, extra_groups=[])
    system.processes["stranger"] = stranger.start()
    wait_for(lambda: "waiting for the aggregator" in stranger.err(), system.trouble)
    said = stranger.err()
    assert f"{system.folder}/state/sockets/control" in said
    assert f'it may not be reached, for {system.folder}/state belongs to the user "root"' in said, said
    assert 'this process belongs to the user "nobody"' in said and "same state directory" in said and "transport:" in said
    assert "name=stranger" not in system.aggregator.err()


@pytest.mark.parametrize("kind", ["ipc", "tcp"])
def test_an_address_in_use_is_left_to_who_has_it(kind, make_system, mock, folder):
    names = ("samples", "control", "events")
    transport = {name: f"tcp://127.0.0.1:{free_port()}" if kind == "tcp" else f"ipc://{folder}/{name}" for name in names}
    first = make_system(servers_at(mock), "first", transport=transport).start()
    wait_for_more_rows(first)
    second = make_system(servers_at(mock), "second", transport=transport)
    aggregator = second.aggregator.start()
    assert aggregator.wait() == 1
    holder = f"in use by another aggregator (process {first.aggregator.popen.pid})"
    assert f"cannot listen on {transport['samples']}: {holder}" in aggregator.err()

    up = Process(second.folder, "up", "up", "--config", second.config_path, executable="stalewatch").start()
    assert up.wait() == 1
    assert f"stalewatch up: cannot listen on {transport['samples']}: {holder}" in up.err()
    assert up.out_path.read_text() == "", "nothing was started that would have joined the first one"

    wait_for_more_rows(first)  # which is not muted
    assert first.stop() == dict.fromkeys(PROCESSES, 0)
    second.start()  # the addresses are free
    wait_for_more_rows(second)


def test_what_waits_for_an_aggregator_says_where_and_what_to_do(make_system, mock):
    system = make_system(servers_at(mock))
    environment = in_state_directory(system)
    system.start("prober", "notifier", "recorder")
    for name in ("prober", "notifier", "recorder"):
        process = system.processes[name]
        wait_for(lambda process=process: "waiting for the aggregator" in process.err(), system.trouble)
        assert "there is no such socket" in process.err() and "same state directory" in process.err()
    asked = subprocess.run([f"{BIN}/stalewatch", "reload", "--config", system.config_path], env=environment,
                           capture_output=True, text=True, timeout=60)
    assert asked.returncode == 1
    assert f"no aggregator answers at ipc://{system.folder}/state/sockets/control: there is no such socket" in asked.stderr
    system.start("aggregator")
    wait_for_more_rows(system)
