"""From a server's answers to messages in Rocket.Chat."""

import json

from chat import end, make, posted, wait_for_message, wait_until_open
from harness import wait_for


def test_alarm_reminder_and_recovery_are_posted(make_system, mock):
    system = make(make_system, mock, ["orders"])
    mock.tell("/orders", "frozen")
    wait_for_message(system, mock, "orders", "problem")
    wait_for_message(system, mock, "orders", "reminder")
    mock.tell("/orders", "updates")
    wait_for_message(system, mock, "orders", "recovered")
    assert not any("UPDATED" in text for text in posted(mock))
    end(system)


def test_failure_and_clock_are_posted(make_system, mock):
    system = make(make_system, mock, ["orders", "stock"], notification_threshold="1h", msg_interval="0s")
    mock.tell("/orders", "status:503")
    mock.tell("/stock", date_offset="5m")
    wait_for_message(system, mock, "orders", "problem", "503")
    wait_for_message(system, mock, "stock", "problem", "clock")
    mock.tell("/orders", "ok")
    mock.tell("/stock", date_offset="0s")
    wait_for_message(system, mock, "orders", "recovered")
    wait_for_message(system, mock, "stock", "recovered")
    end(system)


def test_many_first_alarms_are_one_message(make_system, mock):
    """Those that wait for the chat are: how many come within the two seconds that the first one waits for others is a
    matter of the machine's speed. The chat refuses until it was asked to take them all: a request with fewer may be
    under way when the last one comes."""
    names = [f"server-{i}" for i in range(12)]
    system = make(make_system, mock, names, notification_threshold="1h", msg_interval="0s")
    mock.tell("/hooks", "status:500")
    for name in names:
        mock.tell(f"/{name}", "status:500")
    wait_for(lambda: any(all(f"/{name}`" in json.dumps(call["body"]) for name in names) for call in mock.received()),
             system.trouble, deadline=200)
    mock.tell("/hooks", "ok")
    wait_until_open(system, mock, *names)
    assert len([text for text in posted(mock) if "server-" in text]) == 1
    end(system)


def test_a_chat_that_is_away_gets_everything_later(make_system, mock):
    """Also: a broken chat never delays the terminal."""
    system = make(make_system, mock, ["orders"], notification_threshold="1h", msg_interval="0s")
    mock.tell("/hooks", "status:500")
    mock.tell("/orders", "status:404")
    wait_for(lambda: system.told("orders", "failing"), system.trouble)
    wait_for(lambda: any(call["status"] == 500 for call in mock.received()), system.trouble)
    mock.tell("/hooks", "ok")
    wait_for_message(system, mock, "orders", "problem")
    mock.tell("/orders", "ok")
    wait_for_message(system, mock, "orders", "recovered")
    end(system)


def test_servers_without_notification_stay_out_of_the_chat(make_system, mock):
    system = make(make_system, mock, ["quiet"], notification=False, notification_threshold="1h")
    mock.tell("/quiet", "status:404")
    wait_for(lambda: system.told("quiet", "failing"), system.trouble)
    mock.tell("/quiet", "ok")
    wait_for(lambda: system.told("quiet", "answering_again"), system.trouble)
    end(system)
    assert not any("quiet" in text for text in posted(mock))
