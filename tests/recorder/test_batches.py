"""A batch that fails for what lies in it does not come again for ever: rows that a trigger refuses, packets that the server
does not take, rows that are slow. What concerns the tables, not one event, waits for a person."""

import contextlib

import pytest

from administrators import kill_sessions, mysql_like, needs_a_server, waits_for_a_partition
from databases import wait_until
from recorder_world import begin, check_rows, updated


def make_trigger(database, table, condition, action, on="INSERT"):
    """Runs before each row of the table for which the condition holds."""
    name = f"guard_{table}"
    if database.engine == "sqlite":
        database.query(f"CREATE TRIGGER {name} BEFORE {on} ON {table} WHEN {condition} BEGIN {action}; END")
    elif mysql_like(database):
        database.query(f"DELIMITER //\nCREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW IF {condition} THEN {action}; END IF//")
    else:
        database.query(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF {condition} THEN {action}; END IF; "
                       "RETURN NEW; END'")
        database.query(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def refusal(database):
    """What a trigger does to refuse, in words that may be those of other refusals."""
    return {"sqlite": "SELECT RAISE(ABORT, 'NOT NULL constraint failed: no')", "postgresql": "RAISE EXCEPTION ''no''"}.get(
        database.engine, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'")


def test_a_position_that_a_trigger_refuses_waits_for_somebody(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    table = f"{process.table}_meta"
    make_trigger(database, table, "1 = 1", refusal(database), on="UPDATE")
    source.publish(*[updated(n) for n in range(source.head, source.head + 20)])
    process.wait_for(f"the table {table} refuses how far the journal is recorded")
    assert "it is NOT stored" not in process.said()
    database.query(f"DROP TRIGGER guard_{table}" + (f" ON {table}" if database.engine == "postgresql" else ""))
    check_rows(process, source)
    assert "it is NOT stored" not in process.said()


def test_a_row_that_a_trigger_refuses_is_set_aside(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    make_trigger(database, f"{process.table}_events", "NEW.seq = 77", refusal(database))
    source.publish(*[updated(n) for n in range(50, 150)])
    wait_until(lambda: source.acked and source.acked[-1][1] == 150, process.said)
    assert process.said().count("it is NOT stored") == 1 and '"seq":77' in process.said()
    assert [row[0] for row in process.rows("seq", "_events WHERE seq > 50")] == [str(n) for n in range(51, 151) if n != 77]


def add_a_column_that_must_not_be_null(database, table):
    if database.engine == "sqlite":  # which changes no column of a table that is there
        made = database.query(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")[0][0]
        database.query(f"ALTER TABLE {table} RENAME TO {table}_old")
        database.query(made.replace(", PRIMARY KEY", ", theirs INT NOT NULL, PRIMARY KEY"))
        return database.query(f"INSERT INTO {table} SELECT *, 1 FROM {table}_old")
    database.query(f"ALTER TABLE {table} ADD COLUMN theirs INT")
    database.query(f"UPDATE {table} SET theirs = 1")
    return database.query(f"ALTER TABLE {table} " + ("MODIFY theirs INT NOT NULL" if mysql_like(database)
                                                     else "ALTER COLUMN theirs SET NOT NULL"))


def test_a_column_that_somebody_added_without_a_default_waits_for_them(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    table = f"{process.table}_events"
    add_a_column_that_must_not_be_null(database, table)
    source.publish(*[updated(n) for n in range(source.head, source.head + 20)])
    process.wait_for("the database's tables are not as the recorder needs them" if database.engine == "sqlite" else
                     "the database does not let us in or is not set up")
    assert "theirs" in process.said() and "it is NOT stored" not in process.said()
    database.query(f"ALTER TABLE {table} DROP COLUMN theirs")
    check_rows(process, source)


@needs_a_server
def test_a_row_without_a_partition_waits_for_one(recorder, aggregator, database):
    waits_for_a_partition(recorder, aggregator, "the database does not let us in or is not set up")


@pytest.mark.parametrize("database", ["mariadb", "mysql"], indirect=True)
@pytest.mark.parametrize("action", ["SET NEW.detail = no_such_function(1)", "UPDATE {table} SET name = ''"])
def test_a_trigger_that_cannot_work_waits_for_who_made_it(recorder, aggregator, database, action):
    source, process = begin(recorder, aggregator)
    table = f"{process.table}_events"
    make_trigger(database, table, "1 = 1", action.format(table=table))
    source.publish(*[updated(n) for n in range(source.head, source.head + 20)])
    process.wait_for("the database does not let us in or is not set up")
    database.query(f"DROP TRIGGER guard_{table}")
    check_rows(process, source)
    assert "it is NOT stored" not in process.said()


@contextlib.contextmanager
def longest_packet(database, size):
    def set_limits(packet, buffer):  # as much as fits the buffer is taken in any case
        database.admin(f"SET GLOBAL max_allowed_packet = {packet}; SET GLOBAL net_buffer_length = {buffer}")

    before = database.admin("SELECT @@GLOBAL.max_allowed_packet, @@GLOBAL.net_buffer_length")[0]
    set_limits(size, size)
    try:
        kill_sessions(database)  # a session keeps what it began with
        yield
    finally:
        set_limits(*before)


@pytest.mark.parametrize("database", ["mariadb", "mysql"], indirect=True)
def test_packets_are_as_long_as_the_server_takes_them(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    with longest_packet(database, 4096):
        source.publish(*[updated(n, detail="it's " * 100) for n in range(50, 100)], updated(100, detail="'" * 4000),
                       *[updated(n, detail="\\" * 500) for n in range(101, 150)])
        wait_until(lambda: source.acked and source.acked[-1][1] == 150, process.said)
        process.end()
    assert process.said().count("it is NOT stored") == 1 and '"seq":101' in process.said()
    assert [row[0] for row in process.rows("seq", "_events WHERE seq > 50")] == [str(n) for n in range(51, 151) if n != 101]


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_a_batch_that_outlives_the_timeout_is_stored_in_parts(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    make_trigger(database, f"{process.table}_events", "NEW.seq > 50", "DO SLEEP(0.05)")
    source.publish(*[updated(n) for n in range(50, 300)])  # 12.5 s; the recorder waits for 10
    check_rows(process, source, patience=120)
