"""A server says in its own language what is wrong: it is understood all the same."""

import re
import urllib.request

import pytest

from administrators import kill_sessions, waits_for_a_partition
from databases import PostgreSql, free_port, run, wait_until
from recorder_world import begin, check_rows, updated


class German(PostgreSql):
    """In a locale of its own: glibc 2.41 translates nothing in C.UTF-8, and Debian makes no other by itself."""

    options = ("-c", "lc_messages=de_DE.UTF-8")

    def start(self):
        locales = self.directory / "locales"
        if not locales.exists():
            locales.mkdir()
            run("localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8")
        self.environment |= {"LANGUAGE": "de", "LOCPATH": f"{locales}:/usr/lib/locale"}
        super().start()


@pytest.fixture(scope="module")
def server():
    one = German()
    yield one
    one.close()


@pytest.fixture
def database(server):
    return server


def test_a_wrong_password_is_for_people(recorder, aggregator, database):
    aggregator()
    process = recorder(password="wrong").start()
    process.wait_for("the database does not let us in or is not set up")
    assert "code=28P01" in process.said() and "fehlgeschlagen" in process.said()


def tried_passwords(database):
    return (database.directory / "log").read_text(errors="replace").count("Passwort-Authentifizierung")


def test_a_password_is_tried_once_per_attempt_but_for_the_first(recorder, aggregator, database):
    aggregator()
    port = free_port()
    before = tried_passwords(database)
    recorder("--http", f"127.0.0.1:{port}", password="wrong").start()

    def attempts():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return 0
        return int(re.search(r'db_errors_total\{category="configuration"\} (\d+)', text)[1])

    wait_until(lambda: attempts() >= 5, "attempts")
    tried = tried_passwords(database) - before
    assert 5 <= tried <= attempts() + 2  # the first one asks for the state, too; one may be under way


def test_a_database_that_is_not_there_is_for_people(recorder, aggregator, database):
    aggregator()
    process = recorder(db="nowhere").start()
    process.wait_for("the database does not let us in or is not set up")
    assert "code=3D000" in process.said() and "existiert nicht" in process.said()


def test_a_server_that_demands_tls_is_told_of(recorder, aggregator, database):
    rules = database.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all admin 127.0.0.1/32 scram-sha-256\nhostssl all {database.user} 127.0.0.1/32 scram-sha-256\n")
    database.admin("SELECT pg_reload_conf()")
    try:
        aggregator()
        process = recorder(tls={"mode": "disable"}).start()
        process.wait_for("the server demands TLS: write credentials.DB.tls.mode: verify-full or require")
        assert "-Eintrag" in process.said()
    finally:
        rules.write_text(before)
        database.admin("SELECT pg_reload_conf()")


def test_too_many_connections_are_waited_out(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    database.admin(f"ALTER ROLE {database.user} CONNECTION LIMIT 0")
    try:
        kill_sessions(database)
        source.publish(updated(source.head))
        process.wait_for("the database cannot take rows now")
        assert "code=53300" in process.said() and "zu viele Verbindungen" in process.said()
    finally:
        database.admin(f"ALTER ROLE {database.user} CONNECTION LIMIT -1")
    check_rows(process, source)


def test_a_row_without_a_partition_waits_for_one(recorder, aggregator, database):
    waits_for_a_partition(recorder, aggregator, "keine Partition")
