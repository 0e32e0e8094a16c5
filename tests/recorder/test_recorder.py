"""stalewatch-recorder as a process, against real database servers: SQLite, MariaDB, MySQL and PostgreSQL."""

import contextlib
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from aggregator import Aggregator
from databases import ENGINES, PATIENCE, Missing, free_port, wait_until

RECORDER = os.environ["STALEWATCH_BIN"] + "/stalewatch-recorder"
T0 = 1_795_341_720_000_000  # 2026-11-22T10:02:00Z in microseconds

servers = {}


@pytest.fixture(scope="session", autouse=True)
def close_servers():
    yield
    while servers:
        servers.popitem()[1].close()


@pytest.fixture(params=list(ENGINES))
def database(request):
    engine = request.param
    if engine not in servers:
        try:
            servers[engine] = ENGINES[engine]()
        except Missing as e:
            if engine != "mysql":
                raise
            pytest.skip(f"NOT TESTED WITH MYSQL: {e}")
    return servers[engine]


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


@pytest.fixture
def recorder(tmp_path, database):
    started = []

    def make(*arguments, **credentials):
        started.append(Recorder(tmp_path, database, *arguments, **credentials))
        return started[-1]

    yield make
    for one in started:
        if one.process and one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def aggregator(tmp_path):
    started = []

    def make(**options):
        started.append(Aggregator(tmp_path, **options))
        return started[-1]

    yield make
    for one in started:
        one.close()


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


def read_url(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()
    except urllib.error.URLError:
        return 0, ""


def check_rows(recorder, aggregator, patience=PATIENCE):
    """The tables hold exactly what the journal holds, at the latest after so many seconds."""
    wait_until(lambda: aggregator.acked and aggregator.acked[-1] == (aggregator.journal, aggregator.head),
               lambda: f"ack of {aggregator.head}, last {aggregator.acked[-1:]}\n{recorder.said()}", patience)
    expected = recorded(aggregator.events)
    assert recorder.rows("seq, kind", "_events") == [[str(e["seq"]), e["kind"]] for e in expected]
    updates = [e for e in expected if e["kind"] == "updated"]
    assert recorder.rows("seq, computed_at_us, journal_id") == [
        [str(e["seq"]), str(e["computed_at"]), aggregator.journal] for e in updates]
    assert recorder.rows("journal_id, number", "_meta WHERE name = 'cursor'", "name") == [
        [aggregator.journal, str(aggregator.head)]]


def test_every_event_once_whatever_is_killed(recorder, aggregator, database, tmp_path):
    seed = int(os.environ.get("STALEWATCH_SEED", random.randrange(1 << 30)))
    print(f"STALEWATCH_SEED={seed}")
    choice = random.Random(seed)
    port = free_port()
    with without(database):
        process = recorder("--http", f"127.0.0.1:{port}").start()
        process.wait_for("trying again")
        assert read_url(f"http://127.0.0.1:{port}/readyz")[0] == 503
    process.wait_for("recording engine=")
    source = aggregator(loss=0.3, seed=seed)
    numbers = iter(range(1_000_000))
    for turn in range(6):
        for _ in range(choice.randrange(5, 40)):
            source.publish(*[any_event(next(numbers)) for _ in range(choice.randrange(1, 30))])
            time.sleep(choice.random() * 0.02)
        if turn % 3 == 0:
            process.process.kill()
            process.process.wait()
            process.start()
        elif turn % 3 == 1:
            complaints = process.said().count("the database ")
            with without(database):
                source.publish(*[any_event(next(numbers)) for _ in range(100)])
                process.wait_for("the database ", times=complaints + 1)
        else:
            journal = source.events
            source.close()
            source = aggregator(events=journal, loss=0.3, seed=seed + turn)
    check_rows(process, source)
    status, metrics = read_url(f"http://127.0.0.1:{port}/metrics")
    assert status == 200 and 'stalewatch_recorder_rows_total{table="events"}' in metrics
    assert "stalewatch_recorder_lag_events 0" in metrics
    assert read_url(f"http://127.0.0.1:{port}/readyz")[0] == 200
    process.end()


def test_values_come_out_as_they_went_in(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    everything = {"kind": "still_failing", "target": "PRÖD", "name": "Production \U0001f552", "address": "http://x/?a=%3A1",
                  "at": T0 + 1, "decided_at": T0 + 2, "observed_at": T0 + 3, "computed_at": T0 + 4,
                  "previous_computed_at": -1_500_000, "lag": -1_250_000, "age": 90_000_001, "threshold": 900_000_000,
                  "since": T0 + 5, "reason": "http_status", "detail": "\x1b'\"`\\;--:p1 \x00%s\nnext", "prober": "p1",
                  "observers_failing": 1, "observers_of": 3, "inhibited": True, "announced": False, "late": True,
                  "notify": True, "db_save": True, "episode": 1, "repeat_number": 4, "next_reminder_at": T0 + 6}
    source.publish(everything, updated(0), updated(1, previous_computed_at=None, late=True))
    wait_until(lambda: source.acked and source.acked[-1][1] == 3, process.said)
    hidden = {"at", "decided_at", "observed_at", "computed_at", "previous_computed_at", "since", "next_reminder_at"}
    columns = {"server": everything["target"], "name": everything["name"]}
    for name, value in everything.items():
        if name in hidden:
            columns[name + "_us"] = str(value)
        elif name in ("lag", "age", "threshold"):
            columns[name + "_seconds"] = value / 1e6
        elif isinstance(value, bool) and name != "db_save":
            columns[name] = str(int(value))
        elif name not in ("target", "detail", "db_save", "name"):
            columns[name] = str(value)
    row = process.rows(", ".join(columns), "_events WHERE seq = 1")[0]
    for (name, expected), got in zip(columns.items(), row):
        assert (float(got) if isinstance(expected, float) else got) == expected, name
    quoted = everything["detail"].replace("\x00", "").replace("'", "''")
    if process.database.engine in ("mysql", "mariadb"):
        quoted = quoted.replace("\\", "\\\\")
    assert process.rows("seq", f"_events WHERE detail = '{quoted}'") == [["1"]]
    first, second = process.rows("diff_seconds, lag_seconds, late, server")
    assert [float(first[0]), float(first[1]), *first[2:]] == [59.75, 3.5, "0", "PROD"]
    assert second[0] in ("NULL", "") and second[2] == "1"
    readable = process.rows("computed_at, previous_computed_at, observed_at, diff_seconds, seq", "_readable")[0]
    assert readable[:3] == ["2026-11-22 10:01:56.500000", "2026-11-22 10:00:56.750000", "2026-11-22 10:02:00.000000"]


def test_times_before_1970_are_readable(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    source.publish(updated(0, computed_at=-1_500_000))
    wait_until(lambda: source.acked, process.said)
    assert process.rows("computed_at", "_readable") == [["1969-12-31 23:59:58.500000"]]


def test_a_hanging_database_does_not_hold_up_the_end(recorder, aggregator, database):
    source = aggregator()
    process = recorder().start()
    source.publish(*[any_event(n) for n in range(50)])
    wait_until(lambda: source.acked and source.acked[-1][1] == 50, process.said)
    database.freeze()
    try:
        source.publish(*[any_event(n) for n in range(50, 100)])
        time.sleep(0.5)  # so that it is in the middle of writing
        assert process.end() < 9  # it gives itself 4 s; a statement has 10 s
    finally:
        database.thaw()
    process.start()
    check_rows(process, source)


def read_proc(process, what):
    return pathlib.Path(f"/proc/{process.process.pid}/{what}").read_text()


def resident_bytes(process):
    return int(read_proc(process, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_nothing_is_read_ahead_while_the_database_is_away(recorder, aggregator, database):
    source = aggregator(events=[{**any_event(n), "seq": n + 1} for n in range(3_000)])
    process = recorder().start()
    process.wait_for("recording engine=")
    with without(database):
        process.wait_for("trying again")
        before = resident_bytes(process)
        source.publish(*[any_event(n) for n in range(3_000, 23_000)])
        time.sleep(2)  # for what should not happen
        # Sanitizers keep several times as much, and what was freed.
        if not {"libasan", "libtsan"} & set(re.findall(r"lib[at]san", read_proc(process, "maps"))):
            assert resident_bytes(process) - before < 40 << 20
    check_rows(process, source)


def test_a_foreign_table_is_left_alone(recorder, aggregator, database):
    source = aggregator()
    source.publish(updated(0))
    process = recorder()
    database.query(f"CREATE TABLE {process.table} (id INT)")
    process.start()
    process.wait_for(f"a table '{process.table}' exists that the recorder did not make; nothing was changed")
    assert database.query(f"SELECT * FROM {process.table}") == []
    database.query(f"DROP TABLE {process.table}")
    check_rows(process, source)
    assert "attempt=3" not in process.said()  # told once, not at each attempt


def test_a_table_that_lost_a_column_is_refused_by_name(recorder, aggregator, database):
    source = aggregator()
    process = recorder().start()
    source.publish(updated(0))
    check_rows(process, source)
    process.end()
    database.query(f"ALTER TABLE {process.table}_events RENAME COLUMN detail TO details")
    process.start()
    process.wait_for(f"the table '{process.table}_events' is not as the recorder made it: it lacks detail")
    database.query(f"ALTER TABLE {process.table}_events RENAME COLUMN details TO detail")
    source.publish(updated(1))
    check_rows(process, source)


def test_tables_of_a_newer_version_are_refused(recorder, aggregator, database):
    aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    process.end()
    database.query(f"UPDATE {process.table}_meta SET number = 99 WHERE name = 'schema'")
    process.start()
    process.wait_for("the tables have schema version 99, this recorder knows 1")


def test_a_row_that_the_database_refuses_does_not_block_the_others(recorder, aggregator, database):
    source = aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    table = f"{process.table}_events"
    if database.engine == "sqlite":
        database.query(f"CREATE TRIGGER poison BEFORE INSERT ON {table} WHEN NEW.seq = 7 "
                       "BEGIN SELECT RAISE(ABORT, 'no'); END")
    else:
        database.query(f"ALTER TABLE {table} ADD CONSTRAINT poison_{process.table} CHECK (seq <> 7)")
    source.publish(*[updated(n) for n in range(20)])
    wait_until(lambda: source.acked and source.acked[-1][1] == 20, process.said)
    expected = [str(n) for n in range(1, 21) if n != 7]
    assert [row[0] for row in process.rows("seq", "_events")] == expected
    assert [row[0] for row in process.rows("seq")] == expected
    assert process.said().count("it is NOT stored") == 1 and '"seq":7' in process.said()


def test_a_wrong_password_is_one_line_and_a_reload_mends_it(recorder, aggregator, database):
    if database.engine == "sqlite":
        pytest.skip("a file has no password")
    source = aggregator()
    source.publish(updated(0))
    process = recorder(password="hunter2 wrong").start()
    process.wait_for("the database does not let us in")
    line = [line for line in process.said().splitlines() if "does not let us in" in line][0]
    for word in (f"engine={database.engine}", f"host=127.0.0.1:{database.port}", "db=stalewatch", "user=recorder",
                 f"table={process.table}"):
        assert word in line
    time.sleep(1)  # several attempts
    assert process.said().count("does not let us in") == 1
    process.configure()
    process.process.send_signal(signal.SIGHUP)
    check_rows(process, source)
    assert "hunter2" not in process.said() and database.password not in process.said()


@pytest.mark.parametrize("place,says", [
    ("garbage", "the database's file is no SQLite database"),
    ("/proc/nowhere/rows.db", "the folder of the database's file cannot be made: "),
])
def test_a_file_that_is_no_database_is_named_as_such(recorder, aggregator, database, tmp_path, place, says):
    if database.engine != "sqlite":
        pytest.skip("not a file")
    aggregator()
    (tmp_path / "garbage").write_text("not a database, " * 100)
    file = tmp_path / place
    process = recorder(db=str(file)).start()
    process.wait_for(says)
    assert f"file={file}" in process.said()
    process.end()
    assert "recorder: stopped" in process.said()


def test_another_database_by_reload_gets_everything(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    source.publish(*[any_event(n) for n in range(30)])
    check_rows(process, source)
    process.table = f"rows{next(tables)}"
    process.configure()
    process.process.send_signal(signal.SIGHUP)
    process.wait_for("recording engine=", times=2)
    source.publish(any_event(30))
    wait_until(lambda: len(process.rows("seq", "_events")) == len(recorded(source.events)), process.said)
    check_rows(process, source)


def test_another_journal_is_recorded_from_its_oldest(recorder, aggregator):
    source = aggregator(events=[{**updated(n), "seq": n + 1} for n in range(5)])
    process = recorder().start()
    check_rows(process, source)
    source.close()
    source = aggregator(journal="journal-2", events=[{**updated(n), "seq": n + 1} for n in range(3)])
    process.wait_for("the aggregator has another journal now")
    wait_until(lambda: source.acked and source.acked[-1] == ("journal-2", 3), process.said)
    assert process.rows("journal_id, seq", order="journal_id, seq") == [
        ["journal-1", str(n)] for n in range(1, 6)] + [["journal-2", str(n)] for n in range(1, 4)]


def run_stdin(recorder, lines, *arguments):
    process = recorder("--stdin", *arguments)
    done = subprocess.run([RECORDER, "--config", process.config, *process.arguments], input="\n".join(lines), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return process, done


def test_lines_on_standard_input_become_rows(recorder, database):
    lines = [json.dumps({"seq": n, "kind": "updated", "target": "PROD", "at": "2026-11-22T10:02:00Z",
                         "computed_at": "2026-11-22T10:01:59.5Z", "db_save": n % 4 != 0}) for n in range(1, 1_501)]
    process, done = run_stdin(recorder, lines, "--journal", "pipe")
    assert done.returncode == 0, done.stdout
    expected = [[str(n), "pipe"] for n in range(1, 1_501) if n % 4 != 0]
    assert process.rows("seq, journal_id") == expected
    # The same once more: each line is stored once. What is no event is told, the rest stored.
    again = subprocess.run([RECORDER, "--config", process.config, "--stdin", "--journal", "pipe"], text=True,
                           input="\n".join([*lines, "{\x1b", '{"kind":"prober_lost","name":"p","at":"2026-11-22T10:02:00Z"}']),
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert again.returncode == 1 and "line 1501 is no event: not JSON: " in again.stdout and "\x1b" not in again.stdout
    assert process.rows("seq, journal_id") == expected
    assert process.rows("seq, kind", "_events")[-1] == ["1501", "prober_lost"]
