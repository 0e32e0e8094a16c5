"""Connections that are cut in the middle of a commit, or at any other moment, lose and double nothing."""

import os
import random
import time

import pytest

from administrators import kill_sessions, needs_a_server
from cutting_proxy import CuttingProxy
from databases import wait_until
from recorder_world import any_event, begin, check_rows


@needs_a_server
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_cut_in_the_middle_of_a_commit(recorder, aggregator, database, moment):
    proxy = CuttingProxy(database.port)
    source, process = begin(recorder, aggregator, address=f"127.0.0.1:{proxy.port}")
    for _ in range(5):
        cuts = proxy.cuts
        proxy.cut = moment
        source.publish(*[any_event(n) for n in range(source.head, source.head + 40)])
        wait_until(lambda: proxy.cuts > cuts, process.said)
        check_rows(process, source)
    proxy.close()
    assert "it is NOT stored" not in process.said()


@needs_a_server
def test_sessions_that_are_killed_at_any_moment(recorder, aggregator, database):
    source, process = begin(recorder, aggregator)
    seed = int(os.environ.get("STALEWATCH_SEED", random.randrange(1 << 30)))
    print(f"STALEWATCH_SEED={seed}")
    choice = random.Random(seed)
    for _ in range(10):
        for _ in range(choice.randrange(1, 10)):
            source.publish(*[any_event(n) for n in range(source.head, source.head + choice.randrange(1, 30))])
            time.sleep(choice.random() * 0.03)
        kill_sessions(database)
    check_rows(process, source)
