"""An SQLite file in the place of another gets nothing of what that one's log or journal holds, and loses nothing."""

import contextlib
import os
import shutil
import sqlite3
import time

import pytest

from recorder_world import any_event, begin, check_rows, tables

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def older_copy(file, copy, with_log):
    """With rows of somebody else since, so that its pages are others; the last of them perhaps in a log of its own."""
    making = copy.with_suffix(".making")
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(making)) as target:
        source.backup(target)
        target.execute("DROP TABLE IF EXISTS theirs")
        target.execute("CREATE TABLE theirs (n INTEGER PRIMARY KEY, text TEXT)")
        target.executemany("INSERT INTO theirs VALUES (?, ?)", [(n, "x" * 200) for n in range(5_000)])
        target.commit()
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        target.execute("UPDATE theirs SET text = 'y' || text")
        target.commit()
        if not with_log:
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(making, copy)
        shutil.copy(f"{making}-wal", f"{copy}-wal")


def asked(file, statement):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


def assert_whole_with_theirs(file):
    assert asked(file, "PRAGMA integrity_check") == [("ok",)]
    assert asked(file, "SELECT count(*), max(n), min(text), max(text) FROM theirs") == [
        (5_000, 4_999, "y" + "x" * 200, "y" + "x" * 200)]


def assert_whole_with_rows(file, table, rows):
    assert asked(file, f"SELECT CAST(seq AS TEXT) FROM {table}_events ORDER BY seq") == [(seq,) for seq, in rows]
    assert asked(file, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("recorder_then", ["goes on", "is ended", "was killed before"])
@pytest.mark.parametrize("with_log", [False, True], ids=["without a log", "with its log"])
def test_a_file_put_in_the_place_of_another_gets_nothing_of_that_ones_log(recorder, aggregator, database, recorder_then,
                                                                         with_log):
    source, process = begin(recorder, aggregator, 3_000)
    file = database.file
    log, new, old = (file.with_name(f"{file.name}{end}") for end in ("-wal", ".new", f".{process.table}"))
    older_copy(file, new, with_log)
    source.publish(*[any_event(n) for n in range(3_000, 4_000)])
    check_rows(process, source)
    rows = process.rows("seq", "_events")
    if recorder_then == "was killed before":
        process.process.kill()
        process.process.wait()
    os.link(file, old)
    if with_log:
        os.link(log, f"{old}-wal")
        os.rename(f"{new}-wal", log)
    os.rename(new, file)
    if recorder_then == "is ended":
        process.end()
    if recorder_then != "goes on":
        process.start()
    source.publish(any_event(4_000))
    process.wait_for("recording engine=", times=2)
    check_rows(process, source)
    assert_whole_with_theirs(file)
    if not with_log:
        aside = log.with_name(f"{log.name}.of-inode-{old.stat().st_ino}")
        assert f"is put aside as {aside}" in process.said()
        os.rename(aside, f"{old}-wal")
    assert_whole_with_rows(old, process.table, rows)


def copied_to_the_inode_of(file, copy):
    """Deletes a file and copies another one there, which gets its inode; False where the filesystem gives none again."""
    inode = file.stat().st_ino
    file.unlink()
    for n in range(1_000):
        file.touch()
        if file.stat().st_ino == inode:
            break
        file.rename(f"{file}.filler{n}")
    shutil.copyfile(copy, file)
    return file.stat().st_ino == inode


def test_a_file_that_got_the_inode_of_a_deleted_one_gets_nothing_of_its_log(recorder, aggregator, database):
    source, process = begin(recorder, aggregator, 3_000)
    file = database.file
    log, copy, old = (file.with_name(f"{file.name}{end}") for end in ("-wal", ".new", f".{process.table}"))
    older_copy(file, copy, with_log=False)
    source.publish(*[any_event(n) for n in range(3_000, 4_000)])
    check_rows(process, source)
    rows = process.rows("seq", "_events")
    process.process.kill()
    process.process.wait()
    shutil.copyfile(file, old)
    inode = file.stat().st_ino
    is_inode_again = copied_to_the_inode_of(file, copy)
    process.start()
    source.publish(any_event(4_000))
    process.wait_for("recording engine=", times=2)
    check_rows(process, source)
    assert_whole_with_theirs(file)
    aside = log.with_name(f"{log.name}.of-inode-{inode}")
    if is_inode_again:
        assert f"was deleted: the last that was stored in that one is put aside as {aside}" in process.said()
    # What was put aside is of use beside a copy of the old one.
    os.rename(aside, f"{old}-wal")
    assert_whole_with_rows(old, process.table, rows)


def is_marked(log):
    try:
        return bool(os.getxattr(log, "user.stalewatch.of"))
    except OSError:
        return False


def test_a_file_that_is_exchanged_while_it_is_opened_gets_nothing_of_the_other_ones_log(recorder, aggregator, database):
    source, process = begin(recorder, aggregator, 1_000)
    process.end()
    file = database.file
    log, new, old = (file.with_name(f"{file.name}{end}") for end in ("-wal", ".new", f".{process.table}"))
    older_copy(file, new, with_log=False)
    process.table = f"rows{next(tables)}"  # which are to be made
    process.configure()
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute(f"CREATE TABLE of_{process.table} AS SELECT * FROM sqlite_master")
        process.start()
        for _ in range(100):  # now it waits for the lock
            if is_marked(log):
                break
            time.sleep(0.05)
        os.link(file, old)
        os.rename(new, file)
        other.commit()
        source.publish(*[any_event(n) for n in range(1_000, 1_100)])
        check_rows(process, source)
    assert "the database's file was moved away, deleted or replaced while it was open" in process.said()
    assert_whole_with_theirs(file)
    assert f"is put aside as {log}.of-inode-{old.stat().st_ino}" in process.said()


def hot_journal(file, journal):
    """What lies beside a file in rollback mode whose writer is killed in the middle of a transaction."""
    making = file.with_suffix(".theirs")
    with contextlib.closing(sqlite3.connect(making, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)")
        other.executemany("INSERT INTO t VALUES (?, ?)", [(n, "z" * 500) for n in range(2_000)])
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN")
        other.execute("UPDATE t SET text = 'later' || text")  # more than the cache holds: the journal is on disk
        shutil.copyfile(f"{making}-journal", journal)
        other.execute("ROLLBACK")
    making.unlink()


def with_what_is_put_aside(recorder, aggregator, database, put):
    """The rows of a recorder beside whose file something was put, while it was ended: they are as they were."""
    source, process = begin(recorder, aggregator, 1_000)
    process.end()
    put(database.file)
    process.start()
    source.publish(any_event(1_000))
    process.wait_for("recording engine=", times=2)
    check_rows(process, source)
    assert asked(database.file, "PRAGMA integrity_check") == [("ok",)]
    return process


def test_a_rollback_journal_of_another_file_is_put_aside(recorder, aggregator, database):
    process = with_what_is_put_aside(recorder, aggregator, database,
                                     lambda file: hot_journal(file, file.with_name(f"{file.name}-journal")))
    assert f"put aside as {database.file}-journal.of-another" in process.said()
    database.file.with_name(f"{database.file.name}-journal.of-another").unlink()


def test_a_rollback_journal_older_than_a_copy_is_for_people_to_judge(recorder, aggregator, database):
    source, process = begin(recorder, aggregator, 1_000)
    process.end()
    file, journal = database.file, database.file.with_name(f"{database.file.name}-journal")
    copy = file.with_suffix(".vacuumed")
    asked(file, f"VACUUM INTO '{copy}'")
    hot_journal(file, journal)
    journal_of_this = journal.read_bytes()
    file.unlink()
    shutil.copyfile(copy, file)
    copy.unlink()
    process.start()
    source.publish(any_event(1_000))
    process.wait_for(f"{journal} is older than the file beside it")
    assert journal.read_bytes() == journal_of_this
    journal.unlink()
    process.wait_for("recording engine=", times=2)
    check_rows(process, source)
    assert asked(file, "PRAGMA integrity_check") == [("ok",)]


def test_a_file_overwritten_by_a_vacuumed_copy_gets_nothing_of_its_log(recorder, aggregator, database):
    source, process = begin(recorder, aggregator, 1_000)
    file, copy = database.file, database.file.with_suffix(".copy")
    asked(file, f"VACUUM INTO '{copy}'")
    source.publish(*[any_event(n) for n in range(1_000, 2_000)])
    check_rows(process, source)
    process.process.kill()
    process.process.wait()
    shutil.copyfile(copy, file)
    copy.unlink()
    process.start()
    source.publish(any_event(2_000))
    process.wait_for("recording engine=", times=2)
    check_rows(process, source)
    assert asked(file, "PRAGMA integrity_check") == [("ok",)]
    assert f"put aside as {file}-wal.of-another" in process.said()
    file.with_name(f"{file.name}-wal.of-another").unlink()
