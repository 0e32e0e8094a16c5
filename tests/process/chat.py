"""What people see in Rocket.Chat, and what the notifier still owes them."""

import json
import re
import subprocess

from harness import BIN, wait_for

# The notifier posts at most 8 messages a minute; these tests stay below that.
SERVER = {"interval": "500ms", "timeout": "500ms", "notification_threshold": "3s", "msg_interval": "4s"}
SECRET = "hook-id/s3cr3t-t0ken"


def posted(mock):
    """Everything that people see, one text per message."""
    return [json.dumps(call["body"], ensure_ascii=False) for call in mock.received() if call["posted"]]


def make(make_system, mock, names, own=None, **extra):
    """A running system; `own` says what single servers have besides."""
    for name in names:
        mock.tell(f"/{name}", "updates", every="300ms")
    system = make_system({name: {"address": f"{mock.url}/{name}", **SERVER, **extra, **(own or {}).get(name, {})}
                          for name in names},
                         webhook=f"{mock.url}/hooks/{SECRET}").start()
    wait_for(lambda: all(system.told(name, "updated") for name in names), system.trouble)
    return system


def wait_for_message(system, mock, *words):
    """All the words in one message, in small or capital letters."""
    def has_all(text):
        return all(word.lower() in text.lower() for word in words)

    wait_for(lambda: any(has_all(text) for text in posted(mock)),
             lambda: "\n".join(posted(mock)) + system.trouble(), deadline=200)


def end(system):
    assert set(system.stop().values()) == {0}, system.trouble()
    for process in system.processes.values():
        assert "s3cr3t" not in process.out() + process.err()
    assert "s3cr3t" not in (system.folder / "events.log").read_text()


def titles(mock):
    """The first line of each message, as a phone shows it."""
    return [call["body"]["text"].replace("`", "") for call in mock.received() if call["posted"]]


def owed(system):
    """What `stalewatch owed` says: its exit code, 0 when nothing waits anywhere, and the problems open in chat."""
    ran = subprocess.run([f"{BIN}/stalewatch", "owed", "--json", "--config", system.config_path],
                         capture_output=True, text=True, timeout=60)
    sinks = {sink["sink"]: sink for sink in json.loads(ran.stdout)["sinks"]}
    return ran.returncode, sorted(problem["target"] for problem in sinks["rocketchat"]["open"])


def wait_until_open(system, mock, *targets):
    """The chat has confirmed everything, and these problems are announced there and not closed: what comes now is
    folded with nothing. A notifier waits for a minute and a quarter at most before it tries again."""
    wait_for(lambda: owed(system) == (0, sorted(targets)), lambda: "\n".join(posted(mock)) + system.trouble(),
             deadline=200, pause=0.1)


def wait_for_title(system, mock, pattern):
    wait_for(lambda: any(re.search(pattern, title) for title in titles(mock)),
             lambda: "\n".join(posted(mock)) + system.trouble(), deadline=200)


def alarms_and_recoveries_wait(make_system, mock, trouble, *, posts=False, restart=False):
    """One problem begins and ends while the chat is in trouble, another one lasts. `posts`: a call in trouble posts
    its message without confirming it, so that there is a repeat. `restart`: the notifier is killed before the end."""
    # Reminders of the other one would use up the calls that the notifier allows itself in a minute.
    system = make(make_system, mock, ["orders", "stock"], notification_threshold="1h", msg_interval="0s",
                  own={"orders": {"msg_interval": "1s"}})
    mock.tell("/hooks", **trouble)
    before = len(mock.received())
    mock.tell("/orders", "status:404")
    mock.tell("/stock", "status:404")
    wait_for(lambda: system.told("orders", "still_failing") and system.told("stock", "failing"), system.trouble)

    def wait_for_call(*words):
        wait_for(lambda: any(all(word in json.dumps(call) for word in words) for call in mock.received()[before:]),
                 lambda: f"{mock.received()}\n{system.trouble()}", deadline=200)

    wait_for_call("orders")
    mock.tell("/orders", "ok")
    wait_for(lambda: system.told("orders", "answering_again"), system.trouble)
    if restart:
        system.restart("notifier", kill=True)
    else:
        wait_for_call("orders", "was failing")  # none that knows of the alarm only is under way any more
    mock.tell("/hooks", "ok")
    wait_until_open(system, mock, "stock")
    # The one that is over: its alarm and its end, in one message if neither was posted.
    assert any(re.search(r"orders (was failing|is answering again)|came and went|recovered", title)
               for title in titles(mock)), titles(mock)
    assert any("stock" in text and "404" in text for text in posted(mock)), posted(mock)
    if not posts:
        assert not any(re.search(r"^🟢.*orders", title) for title in titles(mock)), titles(mock)
        assert sum("orders" in text and "was failing" in text for text in posted(mock)) == 1
    mock.tell("/stock", "ok")
    wait_for_title(system, mock, r"stock is answering again")
    end(system)
