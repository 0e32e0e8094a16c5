"""The recorder against servers that refuse: in a deadlock, overcrowded, read-only. Order and exactly-once hold
all the same, and nothing is read ahead meanwhile."""

import signal
import time

from administrators import kill_sessions, mysql_like, needs_a_server, session
from databases import wait_until
from recorder_world import begin, check_rows, refused, updated


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
