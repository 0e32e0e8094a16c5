"""What a server, its administrator or a pooler makes the default of sessions changes nothing of what is stored."""

import contextlib
import sqlite3

import pytest

from administrators import mysql_like
from databases import MariaDb
from recorder_world import begin, check_rows, updated

# Of MySQL and MariaDB, run in each new session.
INIT_CONNECT = [
    "SET NAMES gbk",  # the second byte of a character may be a backslash
    "SET NAMES sjis",
    "SET NAMES latin1",
    "SET NAMES utf8",
    "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'",
    "SET SESSION autocommit = 0",
    "SET SESSION completion_type = 'CHAIN'",
    "SET SESSION sql_select_limit = 1",
    "SET SESSION time_zone = '-09:30'",
    "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
]



class DeafMariaDb(MariaDb):
    """It does not listen to what clients say of their character set. (MySQL 9 has no such option any more.)"""

    options = ("--skip-character-set-client-handshake", "--character-set-server=gbk")


# Of a PostgreSQL role.
ROLE_SETTINGS = [
    "client_encoding = 'GBK'",
    "client_encoding = 'LATIN1'",
    "standard_conforming_strings = off",
    "TimeZone = 'America/St_Johns'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "statement_timeout = '1h'",
    "DateStyle = 'German'",
    "bytea_output = 'escape'",
]

# Characters whose last byte takes a following backslash or quote along, in one of those character sets.
GREEDY = ["", "\u00e9", "\u4e2d", "\u30bd", "\u8868", "\u7e17", "\U0001f552", "\u00bf", "\uffe5", "\x7f", "\u2019", "\u02bc"]
ENDINGS = ["'", "\\", "\\'", '"', "`", "''", "', 'x', 1)-- ", "\\', 'x', 1)#", "'); DROP TABLE x; /*", ":p1", "$1", "?", "%s",
           "\x1a", "\n", "\r", "\x08", "$$", "E'\\''", "\\x27", "\ufffd", "\u2028"]
PAYLOADS = [character * n + ending for character in GREEDY for n in (1, 2) for ending in ENDINGS]


def cases():
    for engine in ("mariadb", "mysql"):
        yield from ((engine, setting) for setting in INIT_CONNECT)
    yield DeafMariaDb, ""
    yield from (("postgresql", setting) for setting in ROLE_SETTINGS)
    yield from (("sqlite", f"PRAGMA encoding = '{encoding}'") for encoding in ("UTF-16le", "UTF-16be"))


@contextlib.contextmanager
def hostile(database, setting):
    """Inside, this is the default of the recorder's sessions."""
    if database.engine == "sqlite":
        database.file.parent.mkdir(exist_ok=True)
        for file in database.file.parent.iterdir():
            file.unlink()
        with sqlite3.connect(database.file) as connection:
            connection.executescript(f"{setting}; CREATE TABLE other (id INT)")
        yield
    elif mysql_like(database):
        quoted = setting.replace("'", "''")
        database.admin(f"SET GLOBAL init_connect = '{quoted}'")
        try:
            yield
        finally:
            database.admin("SET GLOBAL init_connect = ''")
    else:
        database.admin(f"ALTER ROLE {database.user} SET {setting}")
        try:
            yield
        finally:
            database.admin(f"ALTER ROLE {database.user} RESET ALL")


def stored(process, columns):
    if process.database.engine == "sqlite":
        return process.rows(", ".join(columns), "_events")
    as_hex = "encode(convert_to({}, 'UTF8'), 'hex')" if process.database.engine == "postgresql" else "HEX({})"
    rows = process.rows(", ".join(as_hex.format(column) for column in columns), "_events")
    return [[bytes.fromhex(value).decode() for value in row] for row in rows]


@pytest.mark.parametrize("database,setting", list(cases()), indirect=["database"],
                         ids=lambda value: getattr(value, "__name__", value))
def test_every_text_is_stored_as_it_is(recorder, aggregator, database, setting):
    source = aggregator()
    with hostile(database, setting):
        process = recorder().start()
        source.publish(*[updated(n, name=payload, address=payload, detail=payload, prober=payload)
                         for n, payload in enumerate(PAYLOADS)])
        check_rows(process, source)
        process.end()
    assert stored(process, ["name", "address", "detail", "prober"]) == [[payload] * 4 for payload in PAYLOADS]
    assert [row[0] for row in process.rows("computed_at", "_readable")][:1] == ["2026-11-22 10:01:56.500000"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_each_transaction_brings_along_what_it_depends_on(recorder, aggregator, database):
    """Behind a pooler each may run in another session: here in one that the last transaction spoilt."""
    source, process = begin(recorder, aggregator)
    spoilt = "set_config(''search_path'', ''pg_catalog'', false), set_config(''synchronous_commit'', ''off'', false)"
    database.query(f"CREATE TABLE seen_{process.table} AS SELECT 'before' AS how")
    database.query(f"CREATE FUNCTION spoil_{process.table}() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN "
                   f"INSERT INTO public.seen_{process.table} VALUES (current_setting(''synchronous_commit'')); "
                   f"PERFORM {spoilt}; RETURN NULL; END'")
    database.query(f"CREATE CONSTRAINT TRIGGER spoil AFTER INSERT ON {process.table}_events DEFERRABLE INITIALLY DEFERRED "
                   f"FOR EACH ROW EXECUTE FUNCTION spoil_{process.table}()")
    for n in range(source.head, source.head + 3):
        source.publish(updated(n))
        check_rows(process, source)
    assert database.query(f"SELECT DISTINCT how FROM seen_{process.table} ORDER BY how") == [["before"], ["on"]]
    assert "failed attempts" not in process.said(), process.said()
