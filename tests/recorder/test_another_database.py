"""Another database gets everything, and another journal is recorded from its oldest event."""

import signal

import pytest

from databases import wait_until
from recorder_world import any_event, begin, check_rows, recorded, tables, updated


def test_another_database_by_reload_gets_everything(recorder, aggregator):
    source = aggregator()
    process = recorder().start()
    source.publish(*[any_event(n) for n in range(30)])
    check_rows(process, source)
    process.table = f"rows{next(tables)}"
    process.configure()
    process.process.send_signal(signal.SIGHUP)
    process.wait_for("recording engine=", times=2)
    source.publish(any_event(30))
    wait_until(lambda: len(process.rows("seq", "_events")) == len(recorded(source.events)), process.said)
    check_rows(process, source)


def test_another_journal_is_recorded_from_its_oldest(recorder, aggregator):
    source = aggregator(events=[{**updated(n), "seq": n + 1} for n in range(5)])
    process = recorder().start()
    check_rows(process, source)
    source.close()
    source = aggregator(journal="journal-2", events=[{**updated(n), "seq": n + 1} for n in range(3)])
    process.wait_for("the aggregator has another journal now")
    wait_until(lambda: source.acked and source.acked[-1] == ("journal-2", 3), process.said)
    assert process.rows("journal_id, seq", order="journal_id, seq") == [
        ["journal-1", str(n)] for n in range(1, 6)] + [["journal-2", str(n)] for n in range(1, 4)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("moved", [False, True])
def test_a_file_that_is_deleted_or_moved_away_is_made_anew_and_gets_what_the_journal_holds(recorder, aggregator, database,
                                                                                         moved):
    source, process = begin(recorder, aggregator)
    if moved:
        database.file.rename(database.file.with_suffix(".old"))
    else:
        database.file.unlink()
    source.publish(any_event(50))
    process.wait_for("the database's file was moved away, deleted or replaced while it was open")
    process.wait_for("recording engine=", times=2)  # its tables are there
    wait_until(lambda: len(process.rows("seq", "_events")) == len(recorded(source.events)), process.said)
    check_rows(process, source)


def test_what_a_restored_database_lacks_is_fetched_under_a_recorder_that_runs(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    database.query(f"DELETE FROM {process.table} WHERE seq > 20")
    database.query(f"DELETE FROM {process.table}_events WHERE seq > 20")
    database.query(f"UPDATE {process.table}_meta SET number = 20 WHERE name = 'cursor'")
    source.publish(any_event(50))
    process.wait_for(f"the table {process.table}_meta has another position than was stored last")
    check_rows(process, source)
