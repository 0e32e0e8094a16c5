"""What the account may not do, or the tables cannot have, hinders no row; it is said at every start."""

import contextlib
import subprocess

import pytest

from administrators import mysql_like
from databases import PATIENCE
from recorder_world import RECORDER, any_event, begin, check_rows, updated

is_mysql_like = pytest.mark.parametrize("database", ["mariadb", "mysql"], indirect=True)


@contextlib.contextmanager
def without_right(database, right):
    account = f"{database.user}@localhost"
    database.admin(f"REVOKE {right} ON stalewatch.* FROM {account}")
    try:
        yield
    finally:
        database.admin(f"GRANT {right} ON stalewatch.* TO {account}")


@is_mysql_like
@pytest.mark.parametrize("right,says", [
    ("INDEX", "queries by server read the whole table: it lacks an index; do: CREATE INDEX"),
    ("CREATE VIEW", "the view for people could not be made"),
])
def test_a_right_that_is_missing_hinders_no_row(recorder, aggregator, database, right, says):
    source = aggregator()
    with without_right(database, right):
        process = recorder().start()
        process.wait_for(says)
        source.publish(updated(0))
        check_rows(process, source)
        process.end()
        process.start()
        process.wait_for(says, times=2)
    process.end()


def test_an_index_that_is_gone_is_told_with_what_mends_it(recorder, aggregator, database):
    aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    process.end()
    assert "lacks an index" not in process.said()
    table = f" ON {process.table}" if mysql_like(database) else ""
    database.query(f"DROP INDEX {process.table}_by_server{table}")
    process.start()
    process.wait_for("recording engine=", times=2)
    database.query(process.said().split("it lacks an index; do: ")[1].splitlines()[0])
    process.end()
    process.start()
    process.wait_for("recording engine=", times=3)
    assert process.said().count("lacks an index") == 1


def test_what_is_missing_is_told_once_however_often_the_database_is_opened(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    process.end()
    table = f" ON {process.table}" if mysql_like(database) else ""
    database.query(f"DROP INDEX {process.table}_by_server{table}")
    process.start()
    process.wait_for("recording engine=", times=2)
    database.query(f"UPDATE {process.table}_meta SET number = number - 1 WHERE name = 'cursor'")
    source.publish(any_event(50))
    process.wait_for("recording engine=", times=3)
    check_rows(process, source)
    assert process.said().count("lacks an index") == 1


@is_mysql_like
def test_an_index_that_would_be_too_long_is_of_prefixes(recorder, aggregator, database):
    before = database.admin("SELECT @@GLOBAL.innodb_default_row_format")[0][0]
    database.admin("SET GLOBAL innodb_default_row_format = compact")
    try:
        aggregator()
        process = recorder().start()
        process.wait_for("recording engine=")
    finally:
        database.admin(f"SET GLOBAL innodb_default_row_format = {before}")
    assert database.query("SELECT sub_part FROM information_schema.statistics WHERE index_name = "
                          f"'{process.table}_by_server' ORDER BY seq_in_index") == [["190"], ["NULL"]]
    assert "lacks an index" not in process.said()
    process.end()
    # What is told of one that is gone can be done to such a table, too.
    database.query(f"DROP INDEX {process.table}_by_server ON {process.table}")
    process.start()
    process.wait_for("lacks an index")
    database.query(process.said().split("it lacks an index; do: ")[1].splitlines()[0])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_password_that_is_refused_is_tried_once(recorder, database):
    def tried():
        return (database.directory / "log").read_text(errors="replace").count("FATAL:  password authentication failed")

    process = recorder(password="wrong")
    before = tried()
    done = subprocess.run([RECORDER, "--config", process.config, "--test"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and "code=28P01" in done.stdout, done.stdout
    assert tried() == before + 1
