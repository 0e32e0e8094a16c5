"""The recorder as a process, events for it, and what its tables must hold."""

import contextlib
import json
import os
import pathlib
import subprocess
import time

from databases import PATIENCE, wait_until

RECORDER = os.environ["STALEWATCH_BIN"] + "/stalewatch-recorder"
T0 = 1_795_341_720_000_000  # 2026-11-22T10:02:00Z in microseconds
tables = iter(range(1_000_000))


class Recorder:
    """The process, its configuration and what it says."""

    def __init__(self, folder, database, *arguments, **credentials):
        self.folder = folder
        self.config = folder / "stalewatch.yaml"
        self.log = folder / "recorder.log"
        self.table = credentials.pop("table", None) or f"rows{next(tables)}"
        self.database = database
        self.configure(**credentials)
        self.arguments = arguments
        self.process = None

    def configure(self, **changes):
        # JSON is YAML, and quotes everything.
        self.config.write_text(json.dumps({
            "servers": {"PROD": {"address": "http://127.0.0.1:1/"}},
            "credentials": {"DB": self.database.credentials(self.table, **changes)},
            "transport": {name: f"ipc://{self.folder}/{name}" for name in ("samples", "control", "events")}}))

    def start(self):
        self.process = subprocess.Popen([RECORDER, "--config", self.config, *self.arguments], stdin=subprocess.DEVNULL,
                                        stdout=open(self.log, "ab"), stderr=subprocess.STDOUT)
        return self

    def said(self):
        return self.log.read_text(errors="replace")

    def wait_for(self, what, times=1):
        def condition():
            assert self.process.poll() is None, self.said()
            return self.said().count(what) >= times
        wait_until(condition, lambda: f"{what!r} in:\n{self.said()}")

    def end(self):
        """Ends it as a service manager does; the seconds it took."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(timeout=PATIENCE) == 0, self.said()
        return time.monotonic() - began

    def rows(self, columns, table="", order="seq"):
        return self.database.query(f"SELECT {columns} FROM {self.table}{table} ORDER BY {order}")


def from_pipe(process, text, journal="pipe"):
    """The exit code and what was said, when these lines are piped to a recorder."""
    journal = ["--journal", journal] if journal else []
    done = subprocess.run([RECORDER, "--config", process.config, "--stdin", *journal], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=2 * PATIENCE)
    return done.returncode, done.stdout


@contextlib.contextmanager
def without(database):
    """Inside, the database is away; afterwards it is back, whatever happened."""
    database.away()
    try:
        yield
    finally:
        database.back()


def updated(n, **changes):
    return {"kind": "updated", "target": "PROD", "name": "Production", "address": "http://prod/", "at": T0 + n,
            "decided_at": T0 + n + 1, "observed_at": T0 + n, "computed_at": T0 + n - 3_500_000,
            "previous_computed_at": T0 + n - 63_250_000, "lag": 3_500_000, "db_save": True, **changes}


def any_event(n):
    """Events of every sort; every fifth is not to be recorded."""
    if n % 5 == 0:
        return updated(n, db_save=False)
    if n % 7 == 0:
        return {"kind": "prober_lost", "name": "prober-1", "at": T0 + n, "decided_at": T0 + n, "detail": "no lease \U0001f552 'x'"}
    if n % 3 == 0:
        return {"kind": "failing", "target": "PROD", "name": "Production", "at": T0 + n, "decided_at": T0 + n,
                "reason": "http_status", "detail": "HTTP 503", "episode": n + 1, "db_save": True}
    return updated(n)


def recorded(events):
    return [event for event in events if event.get("db_save") or not event.get("target")]


def check_rows(recorder, aggregator, patience=PATIENCE):
    """The tables hold exactly what the journal holds, at the latest after so many seconds, and one per 100 events."""
    patience += aggregator.head / 100
    wait_until(lambda: aggregator.acked and aggregator.acked[-1] == (aggregator.journal, aggregator.head),
               lambda: f"ack of {aggregator.head}, last {aggregator.acked[-1:]}\n{recorder.said()}", patience)
    expected = recorded(aggregator.events)
    assert recorder.rows("seq, kind", "_events") == [[str(e["seq"]), e["kind"]] for e in expected]
    updates = [e for e in expected if e["kind"] == "updated"]
    assert recorder.rows("seq, computed_at_us, journal_id") == [
        [str(e["seq"]), str(e["computed_at"]), aggregator.journal] for e in updates]
    assert recorder.rows("journal_id, number", "_meta WHERE name = 'cursor'", "name") == [
        [aggregator.journal, str(aggregator.head)]]


def read_proc(process, what):
    return pathlib.Path(f"/proc/{process.process.pid}/{what}").read_text()


def resident_bytes(process):
    return int(read_proc(process, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def begin(recorder, aggregator, count=50, **changes):
    source = aggregator()
    process = recorder(**changes).start()
    source.publish(*[any_event(n) for n in range(count)])
    check_rows(process, source)
    return source, process


def refused(process, source, words, count=300):
    """Events come while the database refuses; the recorder says why, and stores them afterwards."""
    before = len(process.said())
    first = source.head
    source.publish(*[any_event(n) for n in range(first, first + count)])
    wait_until(lambda: any(word in process.said()[before:] for word in words), process.said)
    assert not any(seq > first for _, seq in source.acked)
