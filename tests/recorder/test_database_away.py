"""While the database is away nothing is read ahead: memory stays flat, however much happens."""

import re
import time

from recorder_world import any_event, check_rows, read_proc, resident_bytes, without


def test_nothing_is_read_ahead_while_the_database_is_away(recorder, aggregator, database):
    source = aggregator(events=[{**any_event(n), "seq": n + 1} for n in range(3_000)])
    process = recorder().start()
    process.wait_for("recording engine=")
    with without(database):
        process.wait_for("trying again")
        before = resident_bytes(process)
        source.publish(*[any_event(n) for n in range(3_000, 23_000)])
        time.sleep(2)  # for what should not happen
        # Sanitizers keep several times as much, and what was freed.
        if not {"libasan", "libtsan"} & set(re.findall(r"lib[at]san", read_proc(process, "maps"))):
            assert resident_bytes(process) - before < 40 << 20
    check_rows(process, source)
