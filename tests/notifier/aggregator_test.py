"""What the notifier tells of its aggregator: what was open before it came, and another journal."""

import re

import pytest

from notifier_world import AT, Aggregator, begin, event, numbers, stop, wait_for


def test_it_begins_with_what_is_open_and_in_another_journal_closes_what_is_not(world):
    world.aggregator = Aggregator(world.folder)
    world.aggregator.publish(event("stale", 1, "A"), event("stale", 2, "B"))
    world.aggregator.problems = world.aggregator.log[:]
    process = world.start()
    wait_for(lambda: "2 problems are open: A, B" in world.webhook.text())
    assert numbers(world.terminal()) == [1, 2]
    stop(process)
    world.aggregator.stop()
    world.aggregator = Aggregator(world.folder, "journal-2")
    world.aggregator.publish(event("stale", 1, "B"), event("stale", 2, "C"))
    world.aggregator.problems = world.aggregator.log[:]
    process = world.start()
    wait_for(lambda: "FRESH AGAIN     A  " in world.terminal())
    wait_for(lambda: "A is fresh again" in world.webhook.text())
    shown = world.terminal()[world.terminal().index("EVENTS MISSING"):]
    assert "another journal" in shown
    assert re.findall(r"(STALE|FRESH AGAIN) +(\w)", shown) == [("FRESH AGAIN", "A"), ("STALE", "C")]
    world.aggregator.publish(event("fresh_again", 1, "B"))
    wait_for(lambda: "FRESH AGAIN     B  " in world.terminal())
    stop(process)


@pytest.mark.parametrize("age,first,young", [(59, 1, True), (61, 1, False), (59, 2, False)], ids=["young", "old", "not whole"])
def test_at_a_first_start_it_begins_with_the_journal_or_with_what_is_open(world, age, first, young):
    aggregator = world.aggregator = Aggregator(world.folder)
    aggregator.now, aggregator.oldest = AT + age * 1_000_000, first
    aggregator.publish(event("prober_joined", target="prober-1"), event("stale", 2, "A"), event("stale", 3, "B"),
                       event("fresh_again", 2, "A"), event("watching", target="3 servers"))
    aggregator.problems = [aggregator.log[2]]
    process = world.start()
    wait_for(lambda: aggregator.acked == 5)
    aggregator.publish(event("fresh_again", 3, "B"))
    wait_for(lambda: numbers(world.terminal())[-1:] == [6])
    assert numbers(world.terminal()) == ([1, 2, 3, 4, 5, 6] if young else [3, 6])
    wait_for(lambda: ("2 came and went: A, B" if young else "B is fresh again") in world.webhook.text())
    stop(process)


def test_at_a_first_start_an_empty_journal_is_followed_from_its_first_event(world):
    process = begin(world)
    world.aggregator.publish(event("watching", target="3 servers"))
    wait_for(lambda: numbers(world.terminal()) == [1])
    stop(process)


def with_open_problems(world, names, page_size):
    aggregator = world.aggregator = Aggregator(world.folder)
    aggregator.page_size = page_size
    aggregator.publish(*[event("stale", number, name) for number, name in enumerate(names, 1)])
    aggregator.problems = aggregator.log[:]
    return aggregator


def test_what_is_open_comes_in_pages_and_what_happens_between_two_of_them_is_told_once(world):
    aggregator = with_open_problems(world, "ABCDEF", page_size=2)

    def e_ends_and_g_begins():
        if aggregator.pages == [0, 2]:
            aggregator.publish(event("fresh_again", 5, "E"), event("stale", 8, "G"))
            del aggregator.problems[4]
            aggregator.problems.append(aggregator.log[-1])
        return True
    aggregator.before_page = e_ends_and_g_begins
    process = world.start()
    wait_for(lambda: re.search(r"STALE +G ", world.terminal()))
    assert aggregator.pages == [0, 2, 4]
    assert numbers(world.terminal()) == [1, 2, 3, 4, 6, 7, 8]
    wait_for(lambda: "5 problems are open: A, B, C, D, F" in world.webhook.text())
    stop(process)


def test_a_page_that_is_lost_is_asked_for_again(world):
    aggregator = with_open_problems(world, "ABC", page_size=2)
    aggregator.before_page = lambda: aggregator.pages != [0, 2]
    process = world.start()
    wait_for(lambda: "3 problems are open: A, B, C" in world.webhook.text())
    assert aggregator.pages == [0, 2, 2]
    assert numbers(world.terminal()) == [1, 2, 3]
    stop(process)


def test_an_aggregator_that_is_restarted_between_two_pages_is_asked_for_all_of_them(world):
    aggregator = with_open_problems(world, "ABC", page_size=2)

    def restarted():
        if aggregator.pages == [0, 2]:
            aggregator.boot, aggregator.number = "another", 0
        return True
    aggregator.before_page = restarted
    process = world.start()
    wait_for(lambda: "3 problems are open: A, B, C" in world.webhook.text())
    assert aggregator.pages == [0, 2, 0, 2]
    assert numbers(world.terminal()) == [1, 2, 3]
    stop(process)
