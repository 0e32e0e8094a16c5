"""What is not stored is never taken for stored: keys that people added, character sets that lack characters, tables of
engines without transactions."""

import json

import pytest

from administrators import mysql_like
from recorder_world import check_rows, from_pipe, updated


def lines(*names):
    return "\n".join(json.dumps({"seq": n + 1, "kind": "failing", "target": "PROD", "name": name, "at": "2026-11-22T10:02:00Z",
                                 "db_save": True}) for n, name in enumerate(names))


def mended_as_told(process, source):
    """The statement that a refusal names, taken as it stands, is all that was missing."""
    process.database.query(process.said().split("nothing was changed. Do: ")[1].split(". engine=")[0])
    check_rows(process, source)


def test_only_the_same_number_of_the_same_journal_is_a_duplicate(recorder, database):
    process = recorder()
    assert from_pipe(process, lines("one"))[0] == 0
    database.query(f"CREATE UNIQUE INDEX by_name_{process.table} ON {process.table}_events (name)")
    # Stored already, new, and refused by people's key; once more, in one batch with lines that come twice.
    status, said = from_pipe(process, lines("one", "two", "one", "three"))
    assert status == 1 and said.count("it is NOT stored") == 1 and '"seq":3' in said, said
    status, said = from_pipe(process, "\n".join([lines("one", "two"), lines("one", "two"), lines("", "", "", "", "five")]))
    assert status == 0, said
    expected = [["1", "one"], ["2", "two"], ["3", ""], ["4", "three"], ["5", "five"]]
    assert process.rows("seq, name", "_events") == expected
    # Another journal's numbers are others, also where the column does not tell cases apart.
    if mysql_like(database):
        database.query(f"ALTER TABLE {process.table}_events CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        status, said = from_pipe(process, lines("six"), journal="PIPE")
        assert status == 1 and said.count("it is NOT stored") == 1, said
    assert process.rows("seq, name", "_events") == expected


@pytest.mark.parametrize("database", ["mariadb", "mysql"], indirect=True)
@pytest.mark.parametrize("encoding", ["latin1", "utf8mb3"])
@pytest.mark.parametrize("table", ["", "_events", "_meta"])
def test_a_table_whose_character_set_lacks_characters_is_refused_with_what_mends_it(recorder, aggregator, database, encoding,
                                                                                    table):
    source = aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    process.end()
    database.query(f"ALTER TABLE {process.table}{table} CONVERT TO CHARACTER SET {encoding}")
    database.query(f"ALTER TABLE {process.table}{table} ADD COLUMN theirs VARCHAR(9) CHARACTER SET latin1")
    process.start()
    process.wait_for(f"the table '{process.table}{table}' has the character set {encoding} (column ")
    source.publish(updated(0))
    mended_as_told(process, source)


@pytest.mark.parametrize("database,engine", [("mariadb", "MyISAM"), ("mariadb", "Aria"), ("mysql", "MyISAM")],
                         indirect=["database"])
@pytest.mark.parametrize("table", ["", "_events", "_meta"])
def test_a_table_without_transactions_is_refused_with_what_mends_it(recorder, aggregator, database, engine, table):
    source = aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    process.end()
    too_long = f"DROP INDEX {process.table}_by_server, " if not table and engine == "MyISAM" else ""
    database.query(f"ALTER TABLE {process.table}{table} {too_long}ENGINE={engine}")
    process.start()
    process.wait_for(f"the table '{process.table}{table}' is of the storage engine {engine}, which has no transactions")
    source.publish(updated(0))
    mended_as_told(process, source)


@pytest.mark.parametrize("table", ["", "_events"])
def test_a_table_that_lost_its_key_is_refused_with_what_mends_it(recorder, aggregator, database, table):
    source = aggregator()
    process = recorder().start()
    source.publish(updated(0))
    check_rows(process, source)
    process.end()
    name = f"{process.table}{table}"
    if database.engine == "sqlite":  # which cannot drop it, and looks at views when a table is renamed
        database.query(f"DROP VIEW {process.table}_readable")
        database.query(f"ALTER TABLE {name} RENAME TO old")
        database.query(f"CREATE TABLE {name} AS SELECT * FROM old")
        database.query("DROP TABLE old")
    else:
        database.query(f"ALTER TABLE {name} DROP " + ("PRIMARY KEY" if mysql_like(database) else f"CONSTRAINT {name}_pkey"))
    # An index over more does not do.
    database.query(f"CREATE UNIQUE INDEX other_{name} ON {name} (journal_id, seq, observed_at_us)")
    process.start()
    process.wait_for(f"the table '{name}' has lost its key (journal_id, seq): rows would be there twice")
    source.publish(updated(1))
    mended_as_told(process, source)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_whose_character_set_lacks_characters_is_refused(recorder, aggregator, database):
    aggregator()
    database.admin("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    process = recorder(db="narrow").start()
    process.wait_for("the database's character set is LATIN1, which has not got every character; nothing was changed. Make")
    assert database.admin("SELECT relname FROM pg_class WHERE relname LIKE '%_meta'", "narrow") == []
