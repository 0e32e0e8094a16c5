"""A chat that is slow, or limits how often it is called, gets everything all the same and delays nobody."""

import itertools

from chat import end, make, posted, titles, wait_until_open
from harness import wait_for


def test_a_rate_limit_is_waited_for_and_loses_nothing(make_system, mock):
    system = make(make_system, mock, ["orders"], notification_threshold="1h", msg_interval="0s")
    mock.control(hook_rate="1/8s")

    def statuses():
        return [call["status"] for call in mock.received()]

    # Message upon message, each as soon as the one before is posted, until one comes before the chat allows it.
    for mode, kind, mark in itertools.cycle([("status:404", "failing", "🔴"), ("ok", "answering_again", "🟢")]):
        told, messages = len(system.told("orders", kind)), len(titles(mock))
        mock.tell("/orders", mode)
        wait_for(lambda: len(system.told("orders", kind)) > told, system.trouble)
        wait_for(lambda: 429 in statuses() or any(title.startswith(mark) for title in titles(mock)[messages:]),
                 system.trouble, deadline=200)
        if 429 in statuses():
            break
    mock.tell("/orders", "status:404")
    wait_for(lambda: system.kinds("orders", "updated")[-1] == "failing", system.trouble)
    wait_until_open(system, mock, "orders")
    assert titles(mock)[-1].startswith("🔴")
    # It waits as long as it is told, and does not knock meanwhile. (Twice in a row: the limit is told in milliseconds.)
    runs = [len(list(run)) for status, run in itertools.groupby(statuses()) if status == 429]
    assert max(runs) <= 2, statuses()
    end(system)


def test_a_slow_chat_gets_everything_and_delays_nobody(make_system, mock):
    system = make(make_system, mock, ["orders"], notification_threshold="1h", msg_interval="0s")
    mock.tell("/hooks", sleep="5s")
    mock.tell("/orders", "status:404")
    wait_for(lambda: system.told("orders", "failing"), system.trouble)
    mock.tell("/orders", "ok")
    wait_for(lambda: system.told("orders", "answering_again"), system.trouble)
    told = len(system.told("orders", "updated"))
    wait_for(lambda: len(system.told("orders", "updated")) > told + 3, system.trouble)
    wait_for(lambda: any("answering again" in text or "was failing" in text for text in posted(mock)), system.trouble,
             deadline=200)
    end(system)
