"""Every problem that was announced in chat is closed there, whoever was away when it ended."""

import json
import random
import re
import signal
import time

from chat import owed, posted
from harness import wait_for

SERVER = {"interval": "500ms", "timeout": "500ms", "notification_threshold": "1h", "msg_interval": "0s"}
HOOK = "/hooks/id/token"


def make(make_system, mock, names):
    for name in names:
        mock.tell(f"/{name}", "status:503")
    return make_system({name: {"address": f"{mock.url}/{name}", **SERVER} for name in names},
                       webhook=mock.url + HOOK).start()


def wait_for_closing(system, mock, name, words="is answering again"):
    wait_for(lambda: any(f"{name} {words}" in text.replace("`", "") for text in posted(mock)),
             lambda: "\n".join(posted(mock)) + system.trouble(), deadline=200)


def wait_until_recorded(system, name, kind):
    wait_for(lambda: any(event["kind"] == kind and event["server"] == name for event in system.recorded()),
             system.trouble)


def reload(system, name):
    system.write_config()
    said = system.processes[name].err()
    system.processes[name].send(signal.SIGHUP)
    words = {"aggregator": "reloaded:", "notifier": "the configuration is taken over"}[name]
    wait_for(lambda: words in system.processes[name].err()[len(said):], system.trouble)


def test_what_was_announced_is_closed_whoever_was_away(make_system, mock):
    names = ["notifier-away", "removed", "chat-away", "aggregator-away", "sink-away", "turned-off"]
    system = make(make_system, mock, names)
    wait_for(lambda: owed(system) == (0, sorted(names)) if system.told() and (system.folder / "notifier.sqlite").exists()
             else False, system.trouble)

    # The notifier is away when one problem ends and another's target leaves the configuration.
    system.notifier.kill()
    mock.tell("/notifier-away", "ok")
    del system.config["servers"]["removed"]
    reload(system, "aggregator")
    wait_until_recorded(system, "notifier-away", "answering_again")
    wait_until_recorded(system, "removed", "retired")
    system.start("notifier")
    wait_for_closing(system, mock, "notifier-away")
    wait_for_closing(system, mock, "removed", "left the configuration")

    # Chat is away, and the notifier is killed meanwhile.
    mock.tell("/hooks", "status:500")
    mock.tell("/chat-away", "ok")
    wait_for(lambda: system.told("chat-away", "answering_again"), system.trouble)
    wait_for(lambda: mock.received()[-1]["status"] == 500, system.trouble)
    system.restart("notifier", kill=True)
    mock.tell("/hooks", "ok")
    wait_for_closing(system, mock, "chat-away")

    # The aggregator is away.
    system.aggregator.kill()
    mock.tell("/aggregator-away", "ok")
    system.start("aggregator")
    wait_for_closing(system, mock, "aggregator-away")

    # Chat is taken out of the configuration and comes back.
    credentials = system.config["credentials"].pop("ROCKETCHAT")
    reload(system, "notifier")
    mock.tell("/sink-away", "ok")
    wait_for(lambda: system.told("sink-away", "answering_again"), system.trouble)
    assert not any("sink-away is answering" in text for text in posted(mock))
    system.config["credentials"]["ROCKETCHAT"] = credentials
    reload(system, "notifier")
    wait_for_closing(system, mock, "sink-away")

    # Messages of this server are turned off.
    system.config["servers"]["turned-off"]["notification"] = False
    reload(system, "aggregator")
    mock.tell("/turned-off", "ok")
    wait_for_closing(system, mock, "turned-off")

    wait_for(lambda: owed(system) == (0, []), system.trouble)
    assert set(system.stop().values()) == {0}


def count(system, kind):
    return sum(event["kind"] == kind for event in system.recorded())


def numbers_of(call):
    """The events that a message tells."""
    return [int(number) for number in re.findall(r"#(\d{1,4})(?![0-9A-Fa-f])", json.dumps(call["body"], ensure_ascii=False))]


def told_of(system):
    return [event["seq"] for event in system.recorded() if event["kind"] in ("failing", "answering_again")]


def posts(mock):
    """The events that each message told."""
    return [numbers for call in mock.received() if call["posted"] and (numbers := numbers_of(call))]


def test_killed_in_the_middle_of_a_handover_it_repeats_only_what_was_not_confirmed(make_system, mock):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    choice = random.Random(seed)
    system = make(make_system, mock, ["orders"])
    wait_for(lambda: posted(mock) and owed(system) == (0, ["orders"]), system.trouble)
    mock.tell(HOOK, sleep="300ms")  # posts, and confirms later
    for life in range(8):
        kind, answer = (("answering_again", "ok") if life % 2 == 0 else ("failing", "status:503"))
        calls, events = len(mock.received()), count(system, kind)
        mock.tell("/orders", answer)
        wait_for(lambda: count(system, kind) > events, system.trouble)
        wait_for(lambda: len(mock.received()) > calls, system.trouble, pause=0.005)
        time.sleep(choice.random() * 0.5)  # before, while or after it is confirmed
        system.restart("notifier", kill=True)
    mock.tell(HOOK, sleep="0s")
    mock.tell("/orders", "ok")
    # Nothing is owed, either, by a notifier that has not heard of the last events yet.
    wait_for(lambda: count(system, "failing") == count(system, "answering_again") and owed(system) == (0, [])
             and told_of(system)[-1] in {number for numbers in posts(mock) for number in numbers},
             system.trouble, deadline=200)
    told, calls = told_of(system), posts(mock)
    highest = 0
    for numbers in calls:
        # A repeat begins with what the last message told; nothing is passed over, nothing comes late.
        assert all(number in told for number in numbers), (calls, told)
        assert max(numbers) >= highest, (calls, told)
        highest = max(numbers)
    assert set(system.stop().values()) == {0}

