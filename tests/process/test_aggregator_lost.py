"""The watcher watched: the notifier tells on every sink that the aggregator is silent, once, and that it is back."""

import signal
import time

from harness import wait_for
from heartbeat import make
from updates_served import microseconds

SILENT = 120  # seconds; the silence that is told lasts 10 s


def wait_until_lost(system):
    """It is told once, of a silence that the notifier itself has found long enough."""
    lost = wait_for(lambda: system.told(None, "aggregator_lost"), system.trouble, deadline=SILENT)
    assert len(lost) == 1
    assert 10 <= (microseconds(lost[0]["at"]) - microseconds(lost[0]["since"])) / 1e6 < 15


def posted(mock, words):
    return sum(words in str(call["body"]) for call in mock.received() if call["posted"])


def test_an_aggregator_that_hangs_is_told_once_and_that_it_is_back(make_system, mock, folder):
    system = make(make_system, mock, folder).start()
    wait_for(lambda: system.told("orders", "updated"), system.trouble)
    system.aggregator.send(signal.SIGSTOP)
    wait_until_lost(system)
    wait_for(lambda: posted(mock, "aggregator is silent") == 1, system.trouble)
    wait_for(lambda: "AGGREGATOR LOST" in (system.folder / "events.log").read_text(), system.trouble)
    system.restart("notifier", kill=True)  # it remembers that it has told it
    system.aggregator.send(signal.SIGCONT)
    wait_for(lambda: system.told(None, "aggregator_back"), system.trouble)
    wait_for(lambda: posted(mock, "aggregator is back") == 1, system.trouble)
    updates = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > updates, system.trouble)
    # A notifier that stood still itself has no right to say that others were silent.
    system.notifier.send(signal.SIGSTOP)
    time.sleep(11)
    system.notifier.send(signal.SIGCONT)
    updates = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > updates + 3, system.trouble)
    assert len(system.told(None, "aggregator_lost")) == 1
    assert set(system.stop().values()) == {0}


def test_an_aggregator_that_was_never_there_is_told_after_the_same_time(make_system, mock, folder):
    system = make(make_system, mock, folder).start("notifier")
    wait_until_lost(system)
    wait_for(lambda: posted(mock, "aggregator is silent") == 1, system.trouble)
    system.start("aggregator", "recorder", "prober")
    wait_for(lambda: system.told(None, "aggregator_back"), system.trouble)
    wait_for(lambda: posted(mock, "aggregator is back") == 1, system.trouble)
    assert len(system.told(None, "aggregator_lost")) == 1
    assert set(system.stop().values()) == {0}
