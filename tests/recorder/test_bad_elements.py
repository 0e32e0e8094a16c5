"""One event that cannot be understood, or whose kind only a newer version knows, keeps nothing from being stored."""

from databases import wait_until
from recorder_world import updated


def test_events_of_unknown_kinds_are_stored_as_they_are_and_bad_ones_are_passed(recorder, aggregator):
    process = recorder().start()
    source = aggregator()
    of_the_future = updated(2, kind="certificate_expires", detail="in 5d", severity={"of": "the future"})
    source.publish(
        updated(1),
        of_the_future,
        dict(of_the_future, db_save=False),
        dict(updated(4), at="yesterday"),
        dict(updated(5), lag="much"),
        updated(6))
    wait_until(lambda: source.acked and source.acked[-1] == ("journal-1", 6), lambda: str(source.acked[-3:]))
    assert process.rows("seq, kind", "_events") == [
        ["1", "updated"], ["2", "certificate_expires"], ["4", "gap"], ["5", "updated"], ["6", "updated"]]
    details = process.rows("detail", "_events WHERE detail IS NOT NULL")
    assert details == [["in 5d"], ["these events could not be understood: 4 to 4"]]
    assert process.rows("seq") == [["1"], ["5"], ["6"]]
    assert process.said().count("left out what is not understood of a message from=aggregator") == 1
    process.end()


def nested(depth):
    value = None
    for _ in range(depth):
        value = [value]
    return value


def test_one_event_with_what_is_beyond_the_limits_is_stored_as_far_as_it_is_understood(recorder, aggregator):
    process = recorder().start()
    source = aggregator()
    beyond_limits = [nested(500), [0] * 20_001, {str(i): 1 for i in range(10_001)}, "x" * ((1 << 20) + 1)]
    events, good = [], []
    for value in beyond_limits:
        seq = len(events) + 1
        events += [updated(seq, extra=value), dict(updated(seq + 1), lag=value), dict(updated(seq + 2), at=value)]
        good += [[str(seq)], [str(seq + 1)]]
    for one in events:  # a frame has room for one of the largest
        source.publish(one)
    wait_until(lambda: source.acked and source.acked[-1] == ("journal-1", len(events)), lambda: str(source.acked[-3:]))
    assert process.rows("seq") == good
    assert process.rows("seq", "_events WHERE kind = 'gap'") == [[str(n)] for n in range(3, len(events) + 1, 3)]
    process.end()
