"""Administrators of database servers, and what they do to the sessions of others."""

import contextlib
import os
import subprocess

import pytest

from recorder_world import begin, check_rows, updated

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


def without_partitions_beyond(database, table, seq):
    """Makes the table one of partitions; the statement that makes those which it lacks."""
    if mysql_like(database):
        database.query(f"ALTER TABLE {table} PARTITION BY RANGE (seq) (PARTITION p0 VALUES LESS THAN ({seq}))")
        return f"ALTER TABLE {table} ADD PARTITION (PARTITION p1 VALUES LESS THAN (600))"
    database.query(f"ALTER TABLE {table} RENAME TO {table}_old")
    database.query(f"CREATE TABLE {table} (LIKE {table}_old, PRIMARY KEY (journal_id, seq)) PARTITION BY RANGE (seq)")
    database.query(f"CREATE TABLE {table}_p0 PARTITION OF {table} FOR VALUES FROM (0) TO ({seq})")
    database.query(f"INSERT INTO {table} SELECT * FROM {table}_old")
    database.query(f"ALTER TABLE {table} OWNER TO {database.user}")
    database.query(f"GRANT ALL ON {table} TO {database.user}")
    return f"CREATE TABLE {table}_p1 PARTITION OF {table} FOR VALUES FROM ({seq}) TO (600)"


def waits_for_a_partition(recorder, aggregator, words):
    """Rows for which there is no partition: the recorder says so in these words, and stores them when there is one."""
    source, process = begin(recorder, aggregator)
    more = without_partitions_beyond(process.database, f"{process.table}_events", 60)
    source.publish(*[updated(n) for n in range(source.head, source.head + 50)])
    process.wait_for(words)
    process.database.query(more)
    check_rows(process, source)
    assert "it is NOT stored" not in process.said()
