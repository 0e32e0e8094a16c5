"""A table that somebody has locked is waited for, and told of; afterwards everything is stored."""

from administrators import mysql_like, needs_a_server, session
from recorder_world import begin, check_rows, refused


@needs_a_server
def test_a_table_that_somebody_has_locked(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    table = f"{process.table}_events"
    lock = (f"LOCK TABLES {table} WRITE" if mysql_like(database)
            else f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    with session(database, lock):
        refused(process, source, ["lock timeout", "Lock wait timeout"])
    check_rows(process, source)
