"""From a server's answers to messages in Rocket.Chat."""

import json

from harness import wait_for

# The notifier posts at most 8 messages a minute; these tests stay below that.
SERVER = {"interval": "500ms", "timeout": "500ms", "notification_threshold": "3s", "msg_interval": "4s"}
SECRET = "hook-id/s3cr3t-t0ken"


def posted(mock):
    """Everything that people see, one text per message."""
    return [json.dumps(call["body"], ensure_ascii=False) for call in mock.received() if call["posted"]]


def make(make_system, mock, names, **extra):
    for name in names:
        mock.tell(f"/{name}", "updates", every="300ms")
    system = make_system({name: {"address": f"{mock.url}/{name}", **SERVER, **extra} for name in names},
                         webhook=f"{mock.url}/hooks/{SECRET}").start()
    wait_for(lambda: all(system.told(name, "updated") for name in names), system.trouble)
    return system


def wait_for_message(system, mock, *words):
    """All the words in one message, in small or capital letters."""
    def has_all(text):
        return all(word.lower() in text.lower() for word in words)

    wait_for(lambda: any(has_all(text) for text in posted(mock)),
             lambda: "\n".join(posted(mock)) + system.trouble(), deadline=90)


def end(system):
    assert set(system.stop().values()) == {0}, system.trouble()
    for process in system.processes.values():
        assert "s3cr3t" not in process.out() + process.err()
    assert "s3cr3t" not in (system.folder / "events.log").read_text()


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
    names = [f"server-{i}" for i in range(12)]
    system = make(make_system, mock, names, notification_threshold="1h", msg_interval="0s")
    for name in names:
        mock.tell(f"/{name}", "status:500")
    wait_for(lambda: all(any(name in text for text in posted(mock)) for name in names), system.trouble, deadline=90)
    assert len(posted(mock)) <= 4
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
