"""Behind PgBouncer, the pooler: sessions of the server come and go under the recorder, and others leave them as they like."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from administrators import kill_sessions
from databases import PATIENCE, Missing, PostgreSql, free_port, wait_until
from recorder_world import any_event, begin, check_rows, updated

SETTINGS = """[databases]
stalewatch = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
default_pool_size = {size}
"""

# What another client of the pooler may leave behind in transaction mode.
LEFT_BEHIND = ["client_encoding = 'LATIN1'", "standard_conforming_strings = off", "TimeZone = 'America/St_Johns'",
               "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
               "client_min_messages = 'debug5'", "search_path = 'nowhere'"]


class PgBouncer(PostgreSql):
    """A server, and the pooler by which the recorder reaches it; the administrator goes to the server."""

    def __init__(self, mode):
        program = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise Missing("pgbouncer is not installed")
        super().__init__()
        self.pooler_port = free_port()
        users, settings = self.directory / "users", self.directory / "pgbouncer.ini"
        users.write_text(f'"{self.user}" "{self.password}"\n')
        # A session is one client's until it goes, or all clients take turns in the same one.
        settings.write_text(SETTINGS.format(server=self.port, own=self.pooler_port, users=users, mode=mode,
                                            size=1 if mode == "transaction" else 9))
        self.pooler_command = [str(word) for word in (*self.as_user, program, settings)]
        self.pooler = None
        self.start_pooler()

    def start_pooler(self):
        self.pooler = subprocess.Popen(self.pooler_command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd="/")
        wait_until(lambda: self.asks("SELECT 1").returncode == 0,
                   lambda: (self.directory / "log").read_text(errors="replace")[-3000:])

    def kill_pooler(self):
        self.pooler.send_signal(signal.SIGKILL)
        self.pooler.wait()

    def asks(self, sql):
        """As another client of the pooler, by the recorder's account."""
        return subprocess.run([self.bin / "psql", "-X", "-h", "127.0.0.1", "-p", str(self.pooler_port), "-U", self.user, "-d",
                               "stalewatch", "-At", "-c", sql], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, env={**os.environ, "PGPASSWORD": self.password}, cwd="/")

    def credentials(self, table, **changes):
        return super().credentials(table, **{"address": f"127.0.0.1:{self.pooler_port}", **changes})

    def close(self):
        if self.pooler:
            self.kill_pooler()
        super().close()


@pytest.fixture(scope="module", params=["session", "transaction"])
def pooler(request):
    started = PgBouncer(request.param)
    yield started
    started.close()


@pytest.fixture
def database(pooler):
    return pooler


def test_every_event_once_while_sessions_and_the_pooler_go(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    for _ in range(3):
        source.publish(*[any_event(n) for n in range(source.head, source.head + 700)])
        kill_sessions(database)
        check_rows(process, source)
    database.kill_pooler()
    source.publish(*[any_event(n) for n in range(source.head, source.head + 700)])
    process.wait_for("the database is not reachable")
    database.start_pooler()
    check_rows(process, source)


def test_no_statement_has_a_name_at_the_server(recorder, aggregator, database):
    """A pooler that does not know it, or by another name, ends the transaction when it is taken back."""
    source, process = begin(recorder, aggregator)
    database.admin(f"ALTER ROLE {database.user} SET log_statement = 'all'")
    try:
        kill_sessions(database)
        source.publish(updated(source.head))
        check_rows(process, source)
    finally:
        database.admin(f"ALTER ROLE {database.user} RESET log_statement")
        kill_sessions(database)
    said = (database.directory / "log").read_text(errors="replace")
    executed = set(re.findall(r"LOG:  execute (\S+): ", said))
    assert executed == {"<unnamed>"} and "DEALLOCATE" not in said


def test_what_other_clients_leave_behind_changes_nothing(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    texts = ["\u00e9 \u4e2d \U0001f552 it's \\' x", "\\"]
    before = process.rows("seq", "_events")
    for setting in LEFT_BEHIND:
        done = database.asks(f"SET {setting}")
        assert done.returncode == 0, done.stderr
        source.publish(*[updated(n, name=text) for n, text in enumerate(texts)])
        check_rows(process, source)
    assert [row[0] for row in process.rows("name", "_events")[len(before):]] == texts * len(LEFT_BEHIND)
    assert "trying again" not in process.said()
