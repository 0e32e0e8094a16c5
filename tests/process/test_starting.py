"""The processes may be started in any order, and each alone: it waits for the others."""

import concurrent.futures
import itertools

import pytest

from chain import (assert_nothing_lost_or_doubled, assert_told_in_order, ends_together, servers_at,
                   wait_for_more_rows)
from harness import PROCESSES, wait_for

ORDERS = list(itertools.permutations(PROCESSES))
SYSTEMS_AT_ONCE = 6


def start_in_order(order, make_system, mock):
    system = make_system(servers_at(mock), name="-".join(name[0] for name in order), transport={"lease": "1s"})
    for name in order:
        process = system.start(name).processes[name]
        # Each gets so far that it waits for the others.
        wait_for(lambda p=process: p.err() or not p.running())
        assert process.running(), process.err()
    wait_for_more_rows(system, 2)
    wait_for(lambda: system.told("A", "updated"), system.trouble)
    ends_together(system)
    assert_nothing_lost_or_doubled(system)
    assert_told_in_order(system, repeats_allowed=False)


def test_every_order_of_starting_works(make_system, mock):
    with concurrent.futures.ThreadPoolExecutor(SYSTEMS_AT_ONCE) as pool:
        started = {order: pool.submit(start_in_order, order, make_system, mock) for order in ORDERS}
    wrong = {"-".join(order): str(play.exception()) for order, play in started.items() if play.exception()}
    assert not wrong


def test_how_all_targets_are_is_told_at_a_first_start_also_when_the_notifier_comes_up_last(make_system, mock):
    system = make_system(servers_at(mock)).start("aggregator", "prober")
    wait_for(lambda: system.published("watching"), system.trouble)
    system.start("notifier")
    wait_for(lambda: system.told(None, "watching"), system.trouble)
    assert [event["seq"] for event in system.told() if event["seq"] > 0][0] == 1


@pytest.mark.parametrize("name", PROCESSES)
def test_a_lonely_process_waits_says_so_and_ends_cleanly(name, make_system, mock):
    system = make_system(servers_at(mock)).start(name)
    process = system.processes[name]
    wait_for(lambda: process.err() or not process.running())
    assert process.running(), process.err()
    assert process.stop() == 0, process.err()
