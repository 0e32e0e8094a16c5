"""One event that cannot be understood, or whose kind only a newer version knows, keeps nothing from being told."""

import sqlite3

from notifier_world import AT, Aggregator, begin, event, numbers, stop, wait_for


def expires(**more):
    return event("certificate_expires", target="T2", detail="in 5d", **more)


def test_an_event_of_an_unknown_kind_is_a_plain_line_and_its_closing_is_told(world):
    process = begin(world)
    publish = world.aggregator.publish
    publish(event("stale", 1, "A"))
    publish(expires(episode=2, notify=True))
    publish(dict(expires(), notify=False), dict(expires(), inhibited=True, notify=True))
    wait_for(lambda: "T2 had the event `certificate_expires`: in 5d" in world.webhook.text())
    publish(event("fresh_again", 1, "A"), event("answering_again", 2, "T2"))
    wait_for(lambda: world.aggregator.acked == 6)
    wait_for(lambda: "T2 is answering again" in world.webhook.text())
    assert numbers(world.terminal()) == [1, 2, 3, 5, 6], "inhibited events are shown to nobody"
    assert "10:00:00+01:00 EVENT           certificate_expires T2  in 5d, http://h/v #2" in world.terminal()
    assert world.terminal() in world.log.read_text()
    assert world.webhook.text().count("certificate_expires") == 2, "its summary line and itself; not the one without notify"
    stop(process)


def test_an_event_that_is_not_understood_is_told_as_missing_and_passed(world):
    process = begin(world)
    publish = world.aggregator.publish
    publish(event("stale", 1, "A"))
    publish(dict(event("stale", 2, "B"), at="yesterday"), dict(event("stale", 3, "C"), kind=7))
    publish(dict(event("stale", 4, "D"), lag="much"))
    wait_for(lambda: world.aggregator.acked == 4)
    wait_for(lambda: "events 2 to 3 could not be understood" in world.webhook.text())
    wait_for(lambda: "D is stale" in world.webhook.text())
    assert numbers(world.terminal()) == [1, 4]
    assert world.terminal().count("EVENTS MISSING") == 1
    own_log = (world.folder / "stderr").read_text()
    assert own_log.count("left out what is not understood of a message from=aggregator") == 1
    assert own_log.count("dropped a message that is not ours from=aggregator") == 1
    stop(process)


def nested(depth):
    value = None
    for _ in range(depth):
        value = [value]
    return value


# Larger or deeper than any that is sent.
BEYOND_LIMITS = [nested(500), [0] * 20_001, {str(i): 1 for i in range(10_001)}, "x" * ((1 << 20) + 1)]


def test_one_event_with_what_is_beyond_the_limits_is_told_as_far_as_it_is_understood(world):
    process = begin(world)
    seq = 1
    for value in BEYOND_LIMITS:
        world.aggregator.publish(dict(event("stale", seq, f"T{seq}"), extra=value))
        world.aggregator.publish(dict(event("stale", seq + 1, f"T{seq + 1}"), detail=value))
        world.aggregator.publish(dict(event("stale", seq + 2, f"T{seq + 2}"), at=value))
        seq += 3
    world.aggregator.publish(event("stale", seq, "LAST"))
    wait_for(lambda: world.aggregator.acked == seq)
    wait_for(lambda: "LAST is stale" in world.webhook.text())
    assert numbers(world.terminal()) == [n for n in range(1, seq + 1) if n % 3 or n == seq]
    for n in range(3, seq, 3):
        assert f"events {n} to {n} could not be understood" in world.webhook.text()
    stop(process)


def test_of_open_problems_one_that_is_beyond_the_limits_spoils_nothing_but_itself(world):
    world.aggregator = Aggregator(world.folder)
    for n, value in enumerate(BEYOND_LIMITS):
        world.aggregator.publish(dict(event("stale", 2 * n + 1, f"A{n}"), extra=value))
        world.aggregator.publish(dict(event("stale", 2 * n + 2, f"B{n}"), at=value))
    world.aggregator.problems = world.aggregator.log[:]
    process = world.start()
    wait_for(lambda: "4 problems are open: A0, A1, A2, A3" in world.webhook.text())
    stop(process)


def test_of_the_open_problems_those_that_are_understood_are_told(world):
    world.aggregator = Aggregator(world.folder)
    world.aggregator.publish(event("stale", 1, "A"), dict(event("stale", 2, "B"), kind=7), event("stale", 3, "C"),
                             expires(episode=4, notify=True))
    world.aggregator.problems = world.aggregator.log[:]
    process = world.start()
    wait_for(lambda: "3 problems are open: A, C, T2" in world.webhook.text())
    stop(process)


def test_one_row_of_the_state_file_that_cannot_be_read_keeps_nothing_from_being_told(world):
    process = begin(world)
    world.webhook.answering.clear()
    world.aggregator.publish(*[event("stale", i, f"T{i}") for i in range(1, 6)])
    wait_for(lambda: world.aggregator.acked == 5)
    process.kill()
    process.wait()
    with sqlite3.connect(world.state) as connection:
        changed = connection.execute("UPDATE outbox SET event = '{\"kind\":' WHERE sink = 'rocketchat' AND seq = 3")
        assert changed.rowcount == 1
        connection.execute("UPDATE open_problems SET opening = 'x' WHERE target = 'T4'")
    connection.close()
    world.webhook.answering.set()
    process = world.start()
    wait_for(lambda: "T5" in world.webhook.text())
    assert all(f"T{i}" in world.webhook.text() for i in (1, 2, 4, 5)) and "T3" not in world.webhook.text()
    world.aggregator.publish(event("fresh_again", 4, "T4", AT + 1))
    wait_for(lambda: "T4 is fresh again" in world.webhook.text())
    with sqlite3.connect(world.state) as connection:
        listed = connection.execute("SELECT sink, seq, at FROM set_aside").fetchall()
        assert [row[:2] for row in listed] == [("rocketchat", 3)]
        assert listed[0][2] > AT, "it is listed as given up now, not as one of long ago that goes at once"
    connection.close()
    assert "a message for rocketchat cannot be read any more and is set aside" in world.everything_shown()
    stop(process)
