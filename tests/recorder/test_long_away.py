"""A hundred thousand events while the database is away cost no memory, and become rows when it is back."""

import os
import time

import pytest

from databases import PATIENCE
from recorder_world import begin, check_rows, resident_bytes, updated, without


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hundred_thousand_events_cost_no_memory_while_the_database_is_away(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    before = resident_bytes(process)
    with without(database):
        source.publish(*[updated(n) for n in range(50, 100_050)])
        process.wait_for("trying again")
        highest = 0
        until = time.monotonic() + 10
        while time.monotonic() < until:
            highest = max(highest, resident_bytes(process))
            time.sleep(0.1)
    print(f"resident: {before >> 20} MiB before, {highest >> 20} MiB at most with 100,000 events waiting")
    if "asan" not in os.environ["STALEWATCH_BIN"] and "tsan" not in os.environ["STALEWATCH_BIN"]:
        assert highest - before < 40 << 20
    check_rows(process, source, patience=5 * PATIENCE)  # of 100,000 events
