"""Lines on standard input: which number they get, what is told of those that were not stored, and of a database that
loses what it had."""

import contextlib
import json
import os
import re
import subprocess

import pytest

from administrators import mysql_like, needs_a_server, session
from cutting_proxy import CuttingProxy
from databases import PATIENCE, wait_until
from recorder_world import RECORDER, from_pipe


def line(seq=None, **changes):
    event = {"kind": "prober_lost", "name": "p", "at": "2026-11-22T10:02:00Z", **changes}
    return json.dumps(event if seq is None else {"seq": seq, **event})


def lines(*numbers):
    return "\n".join(line(number) for number in numbers)


def told(said):
    """The counts at the end, but for those that are 0."""
    end = next(text for text in said.splitlines() if "end of input" in text)
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+) ", end) if count != "0"}


def test_lines_on_standard_input_become_rows(recorder, database):
    process = recorder()
    text = "\n".join(json.dumps({"seq": n, "kind": "updated", "target": "PROD", "at": "2026-11-22T10:02:00Z",
                                 "computed_at": "2026-11-22T10:01:59.5Z", "db_save": n % 4 != 0}) for n in range(1, 1_501))
    status, said = from_pipe(process, text)
    assert status == 0 and told(said) == {"stored": 1125, "without_db_save": 375}, said
    expected = [[str(n), "pipe"] for n in range(1, 1_501) if n % 4 != 0]
    assert process.rows("seq, journal_id") == expected
    # The same once more: each line is stored once. What is no event is told, the rest stored.
    status, said = from_pipe(process, "\n".join([text, "{\x1b", line(1_501)]))
    assert status == 1 and "line 1501 is no event: not JSON: " in said and "\x1b" not in said
    assert told(said) == {"stored": 1, "already_there": 1125, "without_db_save": 375, "not_events": 1}
    assert process.rows("seq, journal_id") == expected
    assert process.rows("seq, kind", "_events")[-1] == ["1501", "prober_lost"]


def test_a_number_that_is_written_has_a_range(recorder, database):
    process = recorder()
    status, said = from_pipe(process, lines(-1, 2**62 + 1, 2**63 - 1, 2**62, 0))
    assert status == 1 and said.count(f'is no event: "seq" must be 1 to {2**62}') == 4, said
    assert process.rows("seq", "_events") == [[str(2**62)]]


def test_lines_without_numbers_are_stored_each_time_under_an_id_of_their_own(recorder, database):
    process = recorder()
    for _ in range(2):
        status, said = from_pipe(process, lines(None, None, None), journal=None)
        assert status == 0 and told(said) == {"stored": 3}, said
    rows = process.rows("journal_id, seq", "_events", "journal_id, seq")
    assert [seq for _, seq in rows] == ["1", "2", "3"] * 2
    assert len({journal for journal, _ in rows}) == 2


def test_lines_without_numbers_are_refused_under_an_id_that_may_have_some(recorder, database):
    process = recorder()
    status, said = from_pipe(process, lines(None, 1, None))
    assert status == 1 and said.count('is no event: "seq" is missing; with --journal lines are known by their numbers: '
                                      "number them, or leave --journal out") == 2, said
    assert process.rows("seq", "_events") == [["1"]]


@pytest.mark.parametrize("numbers,wrong,stored", [
    ([None, None, 7, None], "line 3 is no event: \"seq\" is there though", ["1", "2", "3"]),
    ([7, None, 8], "line 2 is no event: \"seq\" is missing though", ["7", "8"]),
])
def test_an_input_has_numbers_or_has_none(recorder, database, numbers, wrong, stored):
    process = recorder()
    status, said = from_pipe(process, lines(*numbers), journal=None)
    assert status == 1 and wrong in said, said
    assert [seq for seq, in process.rows("seq", "_events")] == stored


@contextlib.contextmanager
def open_pipe(process):
    """A recorder that reads what is written to it, until its input is closed."""
    with open(process.log, "wb") as log:
        pipe = subprocess.Popen([RECORDER, "--config", process.config, "--stdin", "--journal", "pipe"], stdin=subprocess.PIPE,
                                stdout=log, stderr=subprocess.STDOUT, text=True)
    try:
        yield pipe
    finally:
        pipe.kill()
        pipe.wait()
        with contextlib.suppress(BrokenPipeError):
            pipe.stdin.close()


def write(process, pipe, numbers):
    pipe.stdin.write(lines(*numbers) + "\n")
    pipe.stdin.flush()
    wait_until(lambda: {str(n) for n in numbers} <= set(stored(process)), process.said)


def stored(process):
    if process.database.engine == "sqlite" and not process.database.file.exists():
        return []
    return [seq for seq, in process.rows("seq", "_events")] if "recording engine" in process.said() else []


def replace_file(process):
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{process.database.file}{ending}", f"{process.database.file}.old{ending}")


def delete_rows(process):
    for table in ("", "_events"):
        process.database.query(f"DELETE FROM {process.table}{table}")


def drop_tables(process):
    process.database.query(f"DROP VIEW {process.table}_readable")
    for table in ("", "_events", "_meta"):
        process.database.query(f"DROP TABLE {process.table}{table}")


@pytest.mark.parametrize("lose", [replace_file, delete_rows, drop_tables])
@pytest.mark.parametrize("more", [[], [4, 5]])
def test_rows_that_are_lost_while_a_pipe_is_read_are_told(recorder, database, lose, more):
    if lose is replace_file and database.engine != "sqlite":
        pytest.skip("not a file")
    process = recorder()
    with open_pipe(process) as pipe:
        write(process, pipe, [1, 2, 3])
        lose(process)
        pipe.stdin.write("".join(line(n) + "\n" for n in more))
        pipe.stdin.close()
        assert pipe.wait(timeout=PATIENCE) == 1, process.said()
    assert process.said().count("what was stored is not in the database any more") == 1, process.said()
    assert "give these events once more events=3 seq=1..3" in process.said()
    assert told(process.said()) == {"stored": 3 + len(more), "lost": 3}
    assert stored(process) == [str(n) for n in more]


def test_only_what_is_missing_counts_as_lost(recorder, database):
    process = recorder()
    with open_pipe(process) as pipe:
        write(process, pipe, [1, 2, 9])
        write(process, pipe, [3, 4, 6])
        for table in ("", "_events"):  # as of an earlier moment, and a row of somebody else's since
            database.query(f"DELETE FROM {process.table}{table} WHERE seq IN (4, 6, 9)")
        rest = "kind, server, name, address, at_us, decided_at_us, inhibited, announced, late, notify"
        database.query(f"INSERT INTO {process.table}_events (journal_id, seq, {rest}) "
                       f"SELECT journal_id, 5, {rest} FROM {process.table}_events WHERE seq = 1")
        write(process, pipe, [7])
        pipe.stdin.write(lines(4, 6, 9) + "\n")
        pipe.stdin.close()
        assert pipe.wait(timeout=PATIENCE) == 1, process.said()
    assert process.said().count("what was stored is not in the database any more") == 1, process.said()
    assert "give these events once more events=3 seq=4..9" in process.said()
    assert told(process.said()) == {"stored": 10, "lost": 3}


@needs_a_server
def test_what_somebody_deletes_during_a_write_is_told(recorder, database):
    process = recorder()
    with open_pipe(process) as pipe:
        write(process, pipe, [1, 2, 3])
        begin = ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN" if mysql_like(database) else "BEGIN")
        with session(database, f"{begin}; DELETE FROM {process.table}_events WHERE seq <= 3") as (other,):
            write(process, pipe, [4])
            other.stdin.write("COMMIT;\n")
            other.stdin.flush()
            wait_until(lambda: stored(process) == ["4"], process.said)
        pipe.stdin.close()
        assert pipe.wait(timeout=PATIENCE) == 1, process.said()
    assert "give these events once more events=3 seq=1..3" in process.said()
    assert told(process.said()) == {"stored": 4, "lost": 3}


@needs_a_server
@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_a_commit_without_an_answer_stored_is_counted_once(recorder, database, moment):
    proxy = CuttingProxy(database.port)
    process = recorder(address=f"127.0.0.1:{proxy.port}")
    with open_pipe(process) as pipe:
        write(process, pipe, [1, 2, 3])
        proxy.cut = moment
        write(process, pipe, [2, 3, 4, 5])
        pipe.stdin.close()
        assert pipe.wait(timeout=PATIENCE) == 0, process.said()
    assert proxy.cuts == 1
    proxy.close()
    assert told(process.said()) == {"stored": 5, "already_there": 2}, process.said()


def test_an_input_that_cannot_be_read_is_told(recorder, database, tmp_path):
    process = recorder()
    folder = os.open(tmp_path, os.O_RDONLY)
    done = subprocess.run([RECORDER, "--config", process.config, "--stdin"], stdin=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    os.close(folder)
    assert done.returncode == 1 and "the input cannot be read beyond line 0: Is a directory" in done.stdout, done.stdout


@pytest.mark.parametrize("journal", [b"\xff", b"a\nb"])
def test_a_journal_id_that_is_no_text_is_a_usage_error(recorder, database, journal):
    status, said = from_pipe(recorder(), "", journal)
    assert status == 2 and "--journal: must be UTF-8 text" in said
