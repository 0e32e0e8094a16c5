"""Lists that are larger than one message arrive all the same, whole."""

from collections import Counter

from harness import free_port, metric, wait_for

TARGETS = 500
REFUSED = {"interval": "5s", "failure_threshold": 1, "msg_interval": "0s"}


def all_failing(make_system, address, **defaults):
    """A system without a notifier that has found out that all of its servers refuse."""
    system = make_system({f"S{i}": {"address": f"http://127.0.0.1:9/{i}{address}"} for i in range(TARGETS)},
                         defaults={**REFUSED, **defaults})
    port = free_port()
    system.aggregator.command += ["--http", f"127.0.0.1:{port}"]
    system.start("aggregator", "prober")
    wait_for(lambda: metric(port, "stalewatch_aggregator_targets_failing") == TARGETS, system.trouble)
    return system, port


def test_targets_whose_headers_are_larger_than_a_frame_together_are_all_probed(make_system):
    system, port = all_failing(make_system, "", headers={"X-Token": "t" * 9000})
    assert metric(port, "stalewatch_aggregator_oversized_messages_total") == 0
    assert set(system.stop().values()) == {0}


def test_a_notifier_that_comes_later_tells_all_that_is_open_however_much_that_is(make_system):
    system, _ = all_failing(make_system, "/" + "x" * 3000)
    wait_for(lambda: len(system.published("failing")) == TARGETS, system.trouble)
    system.start("notifier")
    told = wait_for(lambda: (lambda told: len(told) >= TARGETS and told)(system.told(None, "failing")), system.trouble)
    assert sum(len(event["address"]) for event in told) > 4 * (256 << 10), "several messages, then"
    assert set(system.stop().values()) == {0}
    times_told = Counter(event["target"] for event in system.told(None, "failing"))
    assert times_told == {f"S{i}": 1 for i in range(TARGETS)}
