"""What stands in the tables, and which tables, files and passwords the recorder refuses to go on with."""

import signal
import time

import pytest

from databases import wait_until
from recorder_world import T0, check_rows, updated


def test_values_come_out_as_they_went_in(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    everything = {"kind": "still_failing", "target": "PRÖD", "name": "Production \U0001f552", "address": "http://x/?a=%3A1",
                  "at": T0 + 1, "decided_at": T0 + 2, "observed_at": T0 + 3, "computed_at": T0 + 4,
                  "previous_computed_at": -1_500_000, "lag": -1_250_000, "age": 90_000_001, "threshold": 900_000_000,
                  "since": T0 + 5, "reason": "http_status", "detail": "\x1b'\"`\\;--:p1 \x00%s\nnext", "prober": "p1",
                  "observers_failing": 1, "observers_of": 3, "inhibited": True, "announced": False, "late": True,
                  "notify": True, "db_save": True, "episode": 1, "repeat_number": 4, "next_reminder_at": T0 + 6}
    source.publish(everything, updated(0), updated(1, previous_computed_at=None, late=True))
    wait_until(lambda: source.acked and source.acked[-1][1] == 3, process.said)
    hidden = {"at", "decided_at", "observed_at", "computed_at", "previous_computed_at", "since", "next_reminder_at"}
    columns = {"server": everything["target"], "name": everything["name"]}
    for name, value in everything.items():
        if name in hidden:
            columns[name + "_us"] = str(value)
        elif name in ("lag", "age", "threshold"):
            columns[name + "_seconds"] = value / 1e6
        elif isinstance(value, bool) and name != "db_save":
            columns[name] = str(int(value))
        elif name not in ("target", "detail", "db_save", "name"):
            columns[name] = str(value)
    row = process.rows(", ".join(columns), "_events WHERE seq = 1")[0]
    for (name, expected), got in zip(columns.items(), row):
        assert (float(got) if isinstance(expected, float) else got) == expected, name
    quoted = everything["detail"].replace("\x00", "").replace("'", "''")
    if process.database.engine in ("mysql", "mariadb"):
        quoted = quoted.replace("\\", "\\\\")
    assert process.rows("seq", f"_events WHERE detail = '{quoted}'") == [["1"]]
    first, second = process.rows("diff_seconds, lag_seconds, late, server")
    assert [float(first[0]), float(first[1]), *first[2:]] == [59.75, 3.5, "0", "PROD"]
    assert second[0] in ("NULL", "") and second[2] == "1"
    readable = process.rows("computed_at, previous_computed_at, observed_at, diff_seconds, seq", "_readable")[0]
    assert readable[:3] == ["2026-11-22 10:01:56.500000", "2026-11-22 10:00:56.750000", "2026-11-22 10:02:00.000000"]


def test_times_before_1970_are_readable(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    source.publish(updated(0, computed_at=-1_500_000))
    wait_until(lambda: source.acked, process.said)
    assert process.rows("computed_at", "_readable") == [["1969-12-31 23:59:58.500000"]]


def test_no_year_is_shown_that_is_not_so(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    first, last = -62_135_596_800_000_000, 253_402_300_799_999_999
    source.publish(*[updated(0, computed_at=at) for at in (first - 1, first, last, last + 1, 2 * first, 2 * last)])
    wait_until(lambda: source.acked and source.acked[-1][1] == 6, process.said)
    shown = [row[0] for row in process.rows("computed_at", "_readable")]
    assert shown[1:3] == ["0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"]
    assert all(one in ("", "NULL") for one in [shown[0], *shown[3:]])


def test_a_foreign_table_is_left_alone(recorder, aggregator, database):
    source = aggregator()
    source.publish(updated(0))
    process = recorder()
    database.query(f"CREATE TABLE {process.table} (id INT)")
    process.start()
    process.wait_for(f"a table '{process.table}' exists that the recorder did not make; nothing was changed")
    assert database.query(f"SELECT * FROM {process.table}") == []
    database.query(f"DROP TABLE {process.table}")
    check_rows(process, source)
    assert "attempt=3" not in process.said()  # told once, not at each attempt


def test_a_table_that_lost_a_column_is_refused_by_name(recorder, aggregator, database):
    source = aggregator()
    process = recorder().start()
    source.publish(updated(0))
    check_rows(process, source)
    process.end()
    database.query(f"ALTER TABLE {process.table}_events RENAME COLUMN detail TO details")
    process.start()
    process.wait_for(f"the table '{process.table}_events' is not as the recorder made it: it lacks detail")
    database.query(f"ALTER TABLE {process.table}_events RENAME COLUMN details TO detail")
    source.publish(updated(1))
    check_rows(process, source)


def test_tables_of_a_newer_version_are_refused(recorder, aggregator, database):
    aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    process.end()
    database.query(f"UPDATE {process.table}_meta SET number = 99 WHERE name = 'schema'")
    process.start()
    process.wait_for("the tables have schema version 99, this recorder knows 1")


def test_a_row_that_the_database_refuses_does_not_block_the_others(recorder, aggregator, database):
    source = aggregator()
    process = recorder().start()
    process.wait_for("recording engine=")
    table = f"{process.table}_events"
    if database.engine == "sqlite":
        database.query(f"CREATE TRIGGER poison BEFORE INSERT ON {table} WHEN NEW.seq = 7 "
                       "BEGIN SELECT RAISE(ABORT, 'no'); END")
    else:
        database.query(f"ALTER TABLE {table} ADD CONSTRAINT poison_{process.table} CHECK (seq <> 7)")
    source.publish(*[updated(n) for n in range(20)])
    wait_until(lambda: source.acked and source.acked[-1][1] == 20, process.said)
    expected = [str(n) for n in range(1, 21) if n != 7]
    assert [row[0] for row in process.rows("seq", "_events")] == expected
    assert [row[0] for row in process.rows("seq")] == expected
    assert process.said().count("it is NOT stored") == 1 and '"seq":7' in process.said()


def test_a_wrong_password_is_one_line_and_a_reload_mends_it(recorder, aggregator, database):
    if database.engine == "sqlite":
        pytest.skip("a file has no password")
    source = aggregator()
    source.publish(updated(0))
    process = recorder(password="hunter2 wrong").start()
    process.wait_for("the database does not let us in")
    line = [line for line in process.said().splitlines() if "does not let us in" in line][0]
    for word in (f"engine={database.engine}", f"host=127.0.0.1:{database.port}", "db=stalewatch", "user=recorder",
                 f"table={process.table}"):
        assert word in line
    time.sleep(1)  # several attempts
    assert process.said().count("does not let us in") == 1
    process.configure()
    process.process.send_signal(signal.SIGHUP)
    check_rows(process, source)
    assert "hunter2" not in process.said() and database.password not in process.said()


@pytest.mark.parametrize("place,says", [
    ("garbage", "the database's file is no SQLite database"),
    ("/proc/nowhere/rows.db", "the folder of the database's file cannot be made: "),
])
def test_a_file_that_is_no_database_is_named_as_such(recorder, aggregator, database, tmp_path, place, says):
    if database.engine != "sqlite":
        pytest.skip("not a file")
    aggregator()
    (tmp_path / "garbage").write_text("not a database, " * 100)
    file = tmp_path / place
    process = recorder(db=str(file)).start()
    process.wait_for(says)
    assert f"file={file}" in process.said()
    process.end()
    assert "recorder: stopped" in process.said()
