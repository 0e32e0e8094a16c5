"""The recorder against databases that refuse: full, read-only, locked, overcrowded, cut off. Order and exactly-once
hold all the same, and nothing is read ahead meanwhile."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import pytest

from databases import IS_ROOT, PATIENCE, MariaDb, PostgreSql, Sqlite, run, wait_until
from cutting_proxy import CuttingProxy
from test_recorder import (aggregator, any_event, check_rows, close_servers, database, recorded, recorder,  # noqa: F401
                           resident_bytes, updated, without)

needs_a_server = pytest.mark.parametrize("database", ["mariadb", "mysql", "postgresql"], indirect=True)


def mysql_like(database):
    return database.engine in ("mariadb", "mysql")


def kill_sessions(database):
    """As an administrator does, or a server that thinks they were idle for too long."""
    if mysql_like(database):
        # MySQL's own list stumbles over statements with characters beyond three bytes.
        sessions = ("SELECT processlist_id FROM performance_schema.threads WHERE processlist_user"
                    if database.engine == "mysql" else "SELECT id FROM information_schema.processlist WHERE user")
        for number, in database.admin(f"{sessions} = '{database.user}'"):
            with contextlib.suppress(RuntimeError):  # it has gone meanwhile
                database.admin(f"KILL {number}")
    else:
        database.admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.user}'")


@contextlib.contextmanager
def session(database, sql, *, repeat=1):
    """Administrators' sessions that run some statements and then keep what these took, until the end."""
    held = []
    for _ in range(repeat):
        if mysql_like(database):
            command = ["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(database.port), "-u", "root", "-N", "-B",
                       "--unbuffered", "stalewatch"]
            environment = None
        else:
            command = [str(database.bin / "psql"), "-X", "-h", "127.0.0.1", "-p", str(database.port), "-U", "admin",
                       "-d", "stalewatch", "-At"]
            environment = {**os.environ, "PGPASSWORD": "admin"}
        held.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     text=True, env=environment, cwd="/"))
        held[-1].stdin.write(f"{sql};\nSELECT 'held';\n")
        held[-1].stdin.flush()
        said = []
        while "held\n" not in said:
            said.append(held[-1].stdout.readline())
            assert said[-1], said
    try:
        yield held
    finally:
        for one in held:
            one.kill()
            one.wait()
            one.stdin.close()
            one.stdout.close()


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


@needs_a_server
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_cut_in_the_middle_of_a_commit(recorder, aggregator, database, moment):
    proxy = CuttingProxy(database.port)
    source, process = begin(recorder, aggregator, address=f"127.0.0.1:{proxy.port}")
    for _ in range(5):
        cuts = proxy.cuts
        proxy.cut = moment
        source.publish(*[any_event(n) for n in range(source.head, source.head + 40)])
        wait_until(lambda: proxy.cuts > cuts, process.said)
        check_rows(process, source)
    proxy.close()
    assert "it is NOT stored" not in process.said()


@needs_a_server
def test_sessions_that_are_killed_at_any_moment(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    seed = int(os.environ.get("STALEWATCH_SEED", random.randrange(1 << 30)))
    print(f"STALEWATCH_SEED={seed}")
    choice = random.Random(seed)
    for _ in range(10):
        for _ in range(choice.randrange(1, 10)):
            source.publish(*[any_event(n) for n in range(source.head, source.head + choice.randrange(1, 30))])
            time.sleep(choice.random() * 0.03)
        kill_sessions(database)
    check_rows(process, source)


@needs_a_server
def test_a_table_that_somebody_has_locked(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    table = f"{process.table}_events"
    lock = (f"LOCK TABLES {table} WRITE" if mysql_like(database)
            else f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    with session(database, lock):
        refused(process, source, ["lock", "Lost connection"])
    check_rows(process, source)


@needs_a_server
def test_a_deadlock(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    meta, rows = f"{process.table}_meta", f"{process.table}_events"
    # A session that has much to lose holds the cursor's row, and then wants a row that the recorder is just storing.
    database.query(f"CREATE TABLE heavy_{process.table} (id INT PRIMARY KEY, text VARCHAR(200))")
    many = ", ".join(f"({n}, 'x')" for n in range(3000))
    patience = "SET deadlock_timeout = '60s'; " if not mysql_like(database) else ""
    hold = (f"{patience}BEGIN; INSERT INTO heavy_{process.table} VALUES {many}; "
            f"UPDATE {meta} SET number = number WHERE name = 'cursor'")
    waiting = ("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
               if mysql_like(database) else
               "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'recorder'")
    want = f"SELECT COUNT(*) FROM {rows} WHERE seq > 50" + (" FOR UPDATE" if mysql_like(database) else "")
    if not mysql_like(database):
        # The recorder's own check comes a second after it began to wait: this session must be waiting by then.
        want = f"LOCK TABLE {rows} IN ACCESS EXCLUSIVE MODE"

    def is_waiting():
        time.sleep(0.2)  # InnoDB shows ever the same picture to who asks more often than ten times a second
        return database.admin(waiting) != [["0"]]

    # A recorder that waits no longer than a busy machine takes to come this far has given up already: once more then.
    for _ in range(5):
        with session(database, hold) as (other,):
            source.publish(*[updated(n) for n in range(source.head, source.head + 100)])
            wait_until(is_waiting, process.said)
            other.stdin.write(want + ";\n")
            other.stdin.flush()
            process.wait_for("the database cannot take rows now")
        check_rows(process, source)
        if "deadlock" in process.said().lower():
            return
    assert False, "never a deadlock: " + process.said()


@needs_a_server
def test_too_many_connections(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    if mysql_like(database):
        before = database.admin("SELECT @@GLOBAL.max_connections")[0][0]
        process.process.send_signal(signal.SIGSTOP)
        kill_sessions(database)
        database.admin("SET GLOBAL max_connections = 10")  # and one more for the administrator
        try:
            with session(database, "SELECT 1", repeat=10):
                process.process.send_signal(signal.SIGCONT)
                refused(process, source, ["Too many connections"])
        finally:
            database.admin(f"SET GLOBAL max_connections = {before}")
    else:
        database.admin(f"ALTER ROLE {database.user} CONNECTION LIMIT 0")
        try:
            kill_sessions(database)
            refused(process, source, ["too many connections"])
        finally:
            database.admin(f"ALTER ROLE {database.user} CONNECTION LIMIT -1")
    check_rows(process, source)


@needs_a_server
def test_a_database_that_is_read_only(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    if mysql_like(database):
        database.admin("SET GLOBAL read_only = 1")
    else:
        database.admin(f"ALTER ROLE {database.user} SET default_transaction_read_only = on")
        kill_sessions(database)
    try:
        refused(process, source, ["read-only", "read_only", "read only"])
    finally:
        if mysql_like(database):
            database.admin("SET GLOBAL read_only = 0")
        else:
            database.admin(f"ALTER ROLE {database.user} RESET default_transaction_read_only")
            kill_sessions(database)
    check_rows(process, source)


class SmallDisk:
    """A file system of its own that is easily filled; needs root."""

    def __init__(self, megabytes):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="stalewatch-disk-"))
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "none", self.path)
        self.balloon = self.path / "balloon"

    def fill(self):
        with open(self.balloon, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def relieve(self):
        self.balloon.unlink()

    def close(self):
        run("umount", "-l", self.path)
        self.path.rmdir()


@pytest.fixture
def small_disk():
    if not IS_ROOT:
        pytest.skip("NOT TESTED: only root can mount a small file system")
    made = []

    def make(megabytes):
        made.append(SmallDisk(megabytes))
        return made[-1]
    yield make
    for disk in made:
        disk.close()


def full_disk(recorder, aggregator, disk):
    source, process = begin(recorder, aggregator)
    disk.fill()
    refused(process, source, ["full", "disk", "No space left", "I/O error"], count=20_000)
    disk.relieve()
    check_rows(process, source)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_under_sqlite(recorder, aggregator, database, small_disk, monkeypatch):
    disk = small_disk(4 * 8)
    monkeypatch.setattr(database, "file", disk.path / "rows.sqlite")
    full_disk(recorder, aggregator, disk)


class MariaDbOnSmallDisk(MariaDb):
    def __init__(self, disk):
        self.disk = disk
        super().__init__()

    @property
    def data(self):
        return self.disk.path / "data"

    @data.setter
    def data(self, _):
        pass

    def command(self):
        return [*super().command()[:-1], "--innodb-log-file-size=8M", super().command()[-1]]


def test_a_full_disk_under_mariadb(tmp_path, aggregator, small_disk):
    from test_recorder import Recorder
    disk = small_disk(220)
    database = MariaDbOnSmallDisk(disk)
    made = []
    try:
        def make(**changes):
            made.append(Recorder(tmp_path, database, **changes))
            return made[-1]
        full_disk(make, aggregator, disk)
    finally:
        for one in made:
            one.process.kill()
            one.process.wait()
        database.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_full_disk_under_postgresql(recorder, aggregator, database, small_disk):
    disk = small_disk(16)
    space = disk.path / "space"
    space.mkdir()
    run("chown", "postgres", space)
    database.admin(f"CREATE TABLESPACE small LOCATION '{space}'")
    database.admin("GRANT CREATE ON TABLESPACE small TO public")
    database.admin(f"ALTER ROLE {database.user} SET default_tablespace = small")
    try:
        full_disk(recorder, aggregator, disk)
    finally:
        database.admin(f"ALTER ROLE {database.user} RESET default_tablespace")
        kill_sessions(database)
        for name, in database.query("SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_tablespace t "
                                    "ON t.oid = c.reltablespace WHERE t.spcname = 'small' AND relkind = 'r'"):
            database.query(f"DROP TABLE IF EXISTS {name} CASCADE")
        database.admin("DROP TABLESPACE small")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_sqlite_file_that_may_not_be_written(recorder, aggregator, database):
    if not IS_ROOT:
        pytest.skip("NOT TESTED: the recorder has to run as somebody else than the file's owner")
    source, process = begin(recorder, aggregator)
    process.end()
    source.publish(*[any_event(n) for n in range(50, 80)])
    run("chattr", "+i", database.file)
    try:
        process.start()
        process.wait_for("the database's file cannot be opened, written or used")
    finally:
        run("chattr", "-i", database.file)
    check_rows(process, source)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hundred_thousand_events_cost_no_memory_while_the_database_is_away(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    before = resident_bytes(process)
    with without(database):
        source.publish(*[updated(n) for n in range(50, 100_050)])
        process.wait_for("trying again")
        highest = 0
        until = time.monotonic() + 10
        while time.monotonic() < until:
            highest = max(highest, resident_bytes(process))
            time.sleep(0.1)
    print(f"resident: {before >> 20} MiB before, {highest >> 20} MiB at most with 100,000 events waiting")
    if "asan" not in os.environ["STALEWATCH_BIN"] and "tsan" not in os.environ["STALEWATCH_BIN"]:
        assert highest - before < 40 << 20
    check_rows(process, source, patience=5 * PATIENCE)  # of 100,000 events
