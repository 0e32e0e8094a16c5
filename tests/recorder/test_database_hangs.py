"""A database that hangs does not hold up the recorder's end."""

import time

from databases import wait_until
from recorder_world import any_event, check_rows


def test_a_hanging_database_does_not_hold_up_the_end(recorder, aggregator, database):
    source = aggregator()
    process = recorder().start()
    source.publish(*[any_event(n) for n in range(50)])
    wait_until(lambda: source.acked and source.acked[-1][1] == 50, process.said)
    database.freeze()
    try:
        source.publish(*[any_event(n) for n in range(50, 100)])
        time.sleep(0.5)  # so that it is in the middle of writing
        assert process.end() < 9  # it gives itself 4 s; a statement has 10 s
    finally:
        database.thaw()
    process.start()
    check_rows(process, source)
