"""The whole chain as a shell pipe."""

import json
import os
import signal
import sqlite3
import subprocess

import pytest

from harness import BIN, Process, wait_for

START = "2026-11-22T10:00:00Z"


def run(system, name, *arguments, given):
    """A process that reads JSON lines and ends with them; what it printed, as objects."""
    done = subprocess.run([f"{BIN}/stalewatch-{name}", "--config", system.config_path, *arguments],
                          input="".join(json.dumps(line) + "\n" for line in given), capture_output=True,
                          text=True, cwd=system.folder, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sample(second, computed=None, outcome="ok", target="A"):
    def at(s):
        return f"2026-11-22T10:{s // 60:02}:{s % 60:02}Z"

    line = {"prober": "p", "target": target, "probed_at": at(second), "outcome": outcome}
    return {**line, "computed_at": at(computed)} if computed is not None else line


def make(make_system, **server):
    return make_system({"A": {"address": "http://127.0.0.1:1/", "interval": "10s", "notification_threshold": "1m",
                              "msg_interval": "1m", **server}})


def test_once_probes_every_target_and_ends(make_system, mock):
    mock.tell("/bad", "status:503")
    system = make_system({name: {"address": f"{mock.url}/{name}"} for name in ("good", "bad")})
    lines = run(system, "prober", "--standalone", "--once", given=[])
    assert {line["target"]: line["outcome"] for line in lines} == {"good": "ok", "bad": "http_status"}


def test_virtual_time_gives_equal_events_for_equal_input(make_system):
    system = make(make_system)
    samples = [sample(0, 0), sample(10, 10), sample(20, 10), sample(200, 200)]
    first = run(system, "aggregator", "--stdin", "--virtual-time", given=samples)
    again = run(system, "aggregator", "--stdin", "--virtual-time", given=samples)
    assert first == again
    told = [(event["kind"], event["at"]) for event in first if event.get("target") == "A"]
    # Deadlines up to the next input fire first: stale when the data of 10:00:10 are older than a minute, reminders
    # a minute apart; not watched when no sample came for 30 s is journaled as it happens.
    assert ("updated", "2026-11-22T10:00:10Z") in told
    assert [kind for kind, _ in told].count("updated") == 2
    assert told == sorted(told, key=lambda event: event[1])


def test_a_line_that_is_no_sample_is_told_and_the_rest_decided(make_system):
    system = make(make_system)
    given = "\n".join(["junk", "{}", json.dumps(sample(0, 0)), json.dumps(sample(10, 10)), ""])
    done = subprocess.run([f"{BIN}/stalewatch-aggregator", "--config", system.config_path, "--stdin", "--virtual-time",
                           "--until", "2026-11-22T10:02:00Z"],
                          input=given, capture_output=True, text=True, cwd=system.folder, timeout=60)
    assert "its samples do not arrive" not in done.stdout, "a pipe has no connection"
    assert "the input has ended" in done.stdout
    assert done.returncode == 1
    assert "line 1 is no sample: not JSON: " in done.stderr and "json.exception" not in done.stderr
    assert 'line 2 is no sample: "target" is missing' in done.stderr
    assert '"kind":"updated"' in done.stdout


@pytest.mark.parametrize("name,options", [("aggregator", []), ("aggregator", ["--virtual-time"]), ("notifier", []),
                                          ("notifier", ["--virtual-time"])])
def test_an_input_that_cannot_be_read_is_told(make_system, name, options):
    system = make(make_system)
    folder = os.open(system.folder, os.O_RDONLY)
    try:
        done = subprocess.run([f"{BIN}/stalewatch-{name}", "--config", system.config_path, "--stdin", *options], stdin=folder,
                              capture_output=True, text=True, cwd=system.folder, timeout=60)
    finally:
        os.close(folder)
    assert done.returncode == 1, done.stderr
    assert "the input cannot be read beyond line 0: Is a directory" in done.stderr


def test_staleness_falls_on_its_instant(make_system):
    system = make(make_system)
    samples = [sample(second, 0) for second in range(0, 200, 10)] + [sample(200, 200)]
    events = run(system, "aggregator", "--stdin", "--virtual-time", given=samples)
    told = [(event["kind"], event["at"][11:19]) for event in events if event.get("target") == "A"]
    assert told[0][0] == "stale" and told[0][1] == "10:01:00"
    assert ("still_stale", "10:02:00") in told and ("still_stale", "10:03:00") in told
    assert [kind for kind, _ in told if kind != "still_stale"] in (
        ["stale", "fresh_again", "updated"], ["stale", "updated", "fresh_again"])


def test_consumers_take_the_events_of_a_pipe(make_system):
    system = make(make_system)
    samples = [sample(second, 0) for second in range(0, 100, 10)] + [sample(100, 100)]
    events = run(system, "aggregator", "--stdin", "--virtual-time", given=samples)
    assert run(system, "notifier", "--stdin", given=events) == events
    run(system, "recorder", "--stdin", given=events)
    with sqlite3.connect(system.rows_path) as database:
        recorded = database.execute("select seq, kind from stalewatch_updates_events order by seq").fetchall()
        rows = database.execute("select server, diff_seconds from stalewatch_updates").fetchall()
    assert recorded == [(event["seq"], event["kind"]) for event in events]
    assert rows == [("A", 100.0)]


def test_the_chain_runs_as_a_shell_pipe(make_system, mock):
    mock.tell("/A", "updates", every="300ms")
    mock.tell("/B", "status:500")
    system = make_system({name: {"address": f"{mock.url}/{name}", "interval": "200ms", "timeout": "200ms"}
                          for name in ("A", "B")})
    options = f"--config {system.config_path}"
    pipe = Process(system.folder, "pipe", "-c", f"echo $$; exec 3>&1; {BIN}/stalewatch-prober --standalone {options} | "
                   f"{BIN}/stalewatch-aggregator --stdin {options} | tee events.jsonl | "
                   f"{BIN}/stalewatch-notifier --stdin {options}", start_new_session=True)
    pipe.command[0] = "/bin/bash"
    pipe.start()

    def kinds():
        return [(line["target"], line["kind"]) for line in pipe.json_lines() if "target" in line]

    wait_for(lambda: kinds().count(("A", "updated")) >= 3 and ("B", "failing") in kinds(), pipe.err)
    prober = subprocess.run(["pgrep", "-g", str(pipe.popen.pid), "-x", "stalewatch-prob"],  # as long as the kernel's names are
                            capture_output=True, text=True, check=True).stdout.split()
    for pid in prober:
        subprocess.run(["kill", f"-{signal.SIGTERM.value}", pid], check=True)
    assert pipe.wait() == 0, pipe.err()  # each ends with its input
    with open(system.folder / "events.jsonl", encoding="utf-8") as events:
        run(system, "recorder", "--stdin", given=[json.loads(line) for line in events])
    assert system.rows("A")
    assert ("B", "failing") in [(event["server"], event["kind"]) for event in system.recorded()]
