"""Lines on standard input, and which number they get."""

import json

import pytest

from recorder_world import from_pipe


def line(seq=None, **changes):
    event = {"kind": "prober_lost", "name": "p", "at": "2026-11-22T10:02:00Z", **changes}
    return json.dumps(event if seq is None else {"seq": seq, **event})


def lines(*numbers):
    return "\n".join(line(number) for number in numbers)


def test_lines_on_standard_input_become_rows(recorder, database):
    process = recorder()
    text = "\n".join(json.dumps({"seq": n, "kind": "updated", "target": "PROD", "at": "2026-11-22T10:02:00Z",
                                 "computed_at": "2026-11-22T10:01:59.5Z", "db_save": n % 4 != 0}) for n in range(1, 1_501))
    status, said = from_pipe(process, text)
    assert status == 0, said
    expected = [[str(n), "pipe"] for n in range(1, 1_501) if n % 4 != 0]
    assert process.rows("seq, journal_id") == expected
    # The same once more: each line is stored once. What is no event is told, the rest stored.
    status, said = from_pipe(process, "\n".join([text, "{\x1b", line(1_501)]))
    assert status == 1 and "line 1501 is no event: not JSON: " in said and "\x1b" not in said
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
        assert status == 0, said
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


@pytest.mark.parametrize("journal", [b"\xff", b"a\nb"])
def test_a_journal_id_that_is_no_text_is_a_usage_error(recorder, database, journal):
    status, said = from_pipe(recorder(), "", journal)
    assert status == 2 and "--journal: must be UTF-8 text" in said
