"""From the table of the script that stalewatch replaces to the first row, as docs/migrating.md says it."""

import re
import signal
import subprocess

from databases import ROOT, wait_until
from recorder_world import RECORDER, check_rows, tables, updated

PAGE = (ROOT / "docs/migrating.md").read_text()


def tried(process):
    return subprocess.run([RECORDER, "--config", process.config, "--test"], text=True, capture_output=True, timeout=60)


def query_of_the_page(old, new):
    query, = re.findall(r"```sql\n(SELECT .*?)```", PAGE, re.DOTALL)
    return query.replace("example_table", old).replace("stalewatch_updates", new).replace(";", "")


def test_from_the_old_table_to_the_first_row(recorder, aggregator, database):
    source = aggregator()
    source.publish(updated(0))
    process = recorder()
    old = process.table
    database.query(f"CREATE TABLE {old} (id INT PRIMARY KEY, name VARCHAR(50), computed_time VARCHAR(30), time_diff INT)")
    database.query(f"INSERT INTO {old} VALUES (1, 'PROD', '2026-11-20 10:02:03', 300)")
    ran = tried(process)
    assert ran.returncode == 1
    assert f"database: failed, a table '{old}' exists that the recorder did not make" in ran.stdout
    assert "Set credentials.DB.table: stalewatch_updates (docs/migrating.md)" in ran.stdout
    process.start()
    process.wait_for("nothing was changed or stored. Set credentials.DB.table")
    # Not in its own log alone: the aggregator is to tell it, wherever people look.
    why = wait_until(lambda: [c["arguments"] for c in source.commands if c["word"] == "stuck"], process.said)[0][0]
    assert f"a table '{old}' exists that the recorder did not make" in why and "Set credentials.DB.table" in why[:180]
    process.table = f"rows{next(tables)}"
    process.configure()
    ran = tried(process)
    assert ran.returncode == 0 and "its tables are there, nothing is recorded yet" in ran.stdout, ran.stdout
    process.process.send_signal(signal.SIGHUP)
    check_rows(process, source)
    rows = database.query(query_of_the_page(old, process.table))
    assert [row[:2] for row in rows] == [["PROD", "2026-11-20 10:02:03"], ["PROD", "2026-11-22 10:01:56.500000"]]
    assert [float(row[2]) for row in rows] == [300, 59.75]
    assert re.search(r"database: ok, engine=.*: recorded up to event 1 of journal journal-1", tried(process).stdout)
    assert database.query(f"SELECT COUNT(*) FROM {old}") == [["1"]]


def test_a_database_that_does_not_answer_is_told_by_test(recorder, database):
    if database.engine == "sqlite":
        process = recorder(db="/proc/nowhere/rows.sqlite")
    else:
        process = recorder(address="127.0.0.1:1")
    ran = tried(process)
    assert ran.returncode == 1 and ran.stdout.startswith("database: failed, the "), ran.stdout
    assert database.engine == "sqlite" or database.password not in ran.stdout + ran.stderr
