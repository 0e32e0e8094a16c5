"""A chat that refuses, breaks off, hangs, is slow or limits: what was meant for it is told once it is back, in order."""

import re

import pytest

from harness import wait_for
from test_chat import end, make, posted

# What the webhook does, and whether it has posted although it did not confirm: then there is a repeat.
TROUBLES = {
    "answers 500": ({"mode": "status:500"}, False),
    "answers 200 without success": ({"mode": "success_false"}, False),
    "resets": ({"mode": "reset"}, True),
    "closes in the middle": ({"mode": "close_mid_body"}, True),
    "hangs": ({"mode": "hang"}, False),
    "refuses": ({"mode": "refuse"}, False),
}


def titles(mock):
    """The first line of each message, as a phone shows it."""
    return [call["body"]["text"].replace("`", "") for call in mock.received() if call["posted"]]


def wait_for_title(system, mock, pattern):
    wait_for(lambda: any(re.search(pattern, title) for title in titles(mock)),
             lambda: "\n".join(posted(mock)) + system.trouble(), deadline=120)


@pytest.mark.parametrize("name", TROUBLES)
def test_alarms_and_recoveries_wait_for_a_chat_in_trouble(make_system, mock, name):
    trouble, posts = TROUBLES[name]
    system = make(make_system, mock, ["orders", "stock"], notification_threshold="1h", msg_interval="1s")
    before = len(mock.received())
    mock.tell("/hooks", **trouble)
    mock.tell("/orders", "status:404")
    mock.tell("/stock", "status:404")
    wait_for(lambda: system.told("orders", "still_failing") and system.told("stock", "failing"), system.trouble)
    if name != "hangs" and name != "refuses":
        wait_for(lambda: len(mock.received()) > before, system.trouble, deadline=60)
    mock.tell("/orders", "ok")
    wait_for(lambda: system.told("orders", "answering_again"), system.trouble)
    if name == "hangs":  # a hanging call ends after 20 s by itself; a restart does not wait for it
        system.restart("notifier", kill=True)
    mock.tell("/hooks", "ok")
    # The one that is over: its alarm and its end, in one message if neither was posted.
    wait_for_title(system, mock, r"orders (was failing|is answering again)|came and went|recovered")
    wait_for(lambda: any("stock" in text and "404" in text for text in posted(mock)), system.trouble)
    if not posts:
        assert not any(re.search(r"^🟢.*orders", title) for title in titles(mock)), titles(mock)
        assert sum("orders" in text and "was failing" in text for text in posted(mock)) == 1
    mock.tell("/stock", "ok")
    wait_for_title(system, mock, r"stock is answering again")
    end(system)


def test_a_rate_limit_is_waited_for_and_loses_nothing(make_system, mock):
    system = make(make_system, mock, ["orders"], notification_threshold="1h", msg_interval="0s")
    mock.control(hook_rate="1/8s")
    mock.tell("/orders", "status:404")
    wait_for_title(system, mock, r"orders is failing")
    mock.tell("/orders", "ok")
    wait_for_title(system, mock, r"orders is answering again")
    mock.tell("/orders", "status:404")
    wait_for(lambda: any(call["status"] == 429 for call in mock.received()), system.trouble, deadline=60)
    wait_for(lambda: titles(mock)[-1].startswith("🔴") and len(titles(mock)) >= 3, system.trouble, deadline=60)
    limited = [call["status"] for call in mock.received()].count(429)
    assert limited <= 4  # it waits as long as it is told, and does not knock meanwhile
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
             deadline=60)
    end(system)
