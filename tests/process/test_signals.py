"""SIGTERM and SIGINT end every process, whatever hangs; SIGHUP takes over a changed configuration, or refuses it."""

import signal
import subprocess
import time

import pytest

from chain import SERVER, servers_at, wait_for_more_rows, wait_for_more_rows_of
from harness import BIN, PROCESSES, wait_for


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_every_process_ends_whatever_hangs(number, make_system, mock):
    mock.tell("/hanging", "hang")
    servers = servers_at(mock)
    servers["hanging"] = {"address": f"{mock.url}/hanging", "interval": "1m", "timeout": "1m"}
    system = make_system(servers).start()
    wait_for_more_rows(system, 1)
    for name in PROCESSES:
        started = time.monotonic()
        assert system.processes[name].stop(number) == 0, system.processes[name].err()
        assert time.monotonic() - started < 20, name  # less than a second; what hangs does so for a minute


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


def test_a_changed_transport_waits_for_the_next_start_of_all_and_the_reload_finds_its_way(make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system, 1)
    for socket in ("samples", "control", "events"):
        system.config["transport"][socket] += "-moved"
    system.write_config()
    reload = subprocess.run([f"{BIN}/stalewatch", "reload", "--config", system.config_path], capture_output=True, text=True,
                            timeout=60)
    assert reload.returncode == 0, reload.stderr
    assert "transport takes effect at the next start" in reload.stdout
    for process in (system.notifier, system.recorder):
        wait_for(lambda p=process: "taken over at the next start only" in p.err(), system.trouble)
    wait_for(lambda: "takes effect at" in system.prober.err() or "a changed transport" in system.prober.err(), system.trouble)
    wait_for_more_rows(system)
    told = len(system.told())
    wait_for(lambda: len(system.told()) > told, system.trouble)
    assert set(system.stop().values()) == {0}
    system.start()
    wait_for_more_rows(system)
    assert (system.folder / "control-moved").exists()
