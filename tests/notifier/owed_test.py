"""`stalewatch owed`, what is given up, and files of older versions of the notifier."""

import json
import os
import pathlib
import sqlite3
import subprocess

from notifier_world import AT, Aggregator, begin, event, numbers, stop, wait_for

BIN = pathlib.Path(os.environ["STALEWATCH_BIN"])
KEPT = pathlib.Path(__file__).parents[1] / "data" / "kept"


def owed(world, *arguments):
    return subprocess.run([BIN / "stalewatch", "owed", "--config", world.config, *arguments], text=True,
                          capture_output=True, timeout=60, env=dict(os.environ, TZ="Europe/Berlin"))


def owed_json(world):
    ran = owed(world, "--json")
    assert ran.returncode in (0, 3), ran.stderr
    return ran.returncode, {sink["sink"]: sink for sink in json.loads(ran.stdout)["sinks"]}


def test_without_a_notifier_it_says_so(world):
    ran = owed(world)
    assert ran.returncode == 1
    assert f"notifier.state {world.state} does not exist" in ran.stderr
    world.state.write_text("a text, long enough to be told from an empty file of SQLite" * 30)
    ran = owed(world)
    assert ran.returncode == 1 and str(world.state) in ran.stderr
    assert owed(world, "--nonsense").returncode == 2


def test_what_is_open_and_what_waits_is_listed_while_the_notifier_runs_and_when_not(world):
    process = begin(world)
    wait_for(lambda: owed_json(world)[0] == 0)
    world.aggregator.publish(event("stale", 1, "A"))
    wait_for(lambda: "A is stale" in world.webhook.text())
    wait_for(lambda: owed_json(world)[0] == 0)
    assert [problem["target"] for problem in owed_json(world)[1]["rocketchat"]["open"]] == ["A"]
    text = owed(world).stdout
    assert text.count("A is stale since") == 1 and text.count("  open     the same as on ") == 2, text
    world.webhook.answer = (500, {"success": False})
    calls = world.webhook.calls
    world.aggregator.publish(event("fresh_again", 1, "A"), event("stale", 3, "B"))
    wait_for(lambda: world.webhook.calls > calls)
    wait_for(lambda: owed_json(world)[1]["rocketchat"]["last_error"])
    for running in (True, False):
        code, sinks = owed_json(world)
        assert code == 3
        assert sinks["terminal"]["waiting"] == 0 and sinks["log"]["waiting"] == 0
        chat = sinks["rocketchat"]
        assert (chat["waiting"], chat["last_error"]) == (2, "HTTP 500")
        assert chat["oldest"] and chat["failing_since"]
        assert [problem["target"] for problem in chat["open"]] == ["B"]
        text = owed(world).stdout
        assert "rocketchat: 1 announced and not closed, 2 waiting, 0 given up" in text
        assert "it does not take them: HTTP 500" in text and "B is stale since 2026-11-22 10:00:00+01:00" in text
        if running:
            stop(process)
    world.webhook.answer = (200, {"success": True})
    process = world.start()
    wait_for(lambda: "B is stale" in world.webhook.text())
    wait_for(lambda: owed_json(world)[0] == 0)
    assert owed_json(world)[1]["rocketchat"]["last_error"] is None
    stop(process)


def test_what_is_given_up_is_told_loudly_and_listed(world):
    world.config.write_text(world.config.read_text().replace("notifier: {", "notifier: {give_up_after: 1s, "))
    process = begin(world)
    world.webhook.answer = (500, {"success": False, "error": "boom"})
    world.aggregator.publish(event("stale", 1, "A"))
    wait_for(lambda: owed_json(world)[1]["rocketchat"]["given_up"])
    wait_for(lambda: "UNDELIVERED" in world.terminal() and "UNDELIVERED" in world.log.read_text())
    told = [line for line in world.terminal().splitlines() if "UNDELIVERED" in line][-1]
    assert "1 event set aside, not to be tried there again: #1" in told and "boom" in told
    assert "1 events will not be told on rocketchat" in world.everything_shown()
    code, sinks = owed_json(world)
    assert code == 3
    given_up, = sinks["rocketchat"]["given_up"]
    assert (given_up["seq"], given_up["target"], given_up["kind"]) == (1, "A", "stale")
    assert given_up["at"] and "boom" in given_up["why"]
    assert "A is stale #1: HTTP 500: boom" in owed(world).stdout
    # What comes later is told all the same: the end of A, too.
    world.webhook.answer = (200, {"success": True})
    world.aggregator.publish(event("fresh_again", 1, "A", since=AT))
    wait_for(lambda: "A is fresh again" in world.webhook.text())
    stop(process)


def load(world, name):
    with sqlite3.connect(world.state) as connection:
        connection.executescript((KEPT / name).read_text())
    connection.close()


def test_a_file_of_version_1_is_brought_up_to_date_and_nothing_in_it_is_lost(world):
    load(world, "notifier-1.sql")
    ran = owed(world)
    assert ran.returncode == 1 and "is of an older version" in ran.stderr
    process = world.start()
    wait_for(lambda: "A is fresh again" in world.webhook.text() and "C is stale" in world.webhook.text())
    wait_for(lambda: owed_json(world)[1]["rocketchat"]["waiting"] == 0)
    chat = owed_json(world)[1]["rocketchat"]
    assert {problem["target"] for problem in chat["open"]} >= {"B", "C"}
    assert [one["target"] for one in chat["given_up"]] == ["OLD"]
    stop(process)
    with sqlite3.connect(world.state) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()
    # It follows on from its cursor.
    world.aggregator = Aggregator(world.folder)
    world.aggregator.publish(*[event("updated") for _ in range(5)], event("fresh_again", 3, "B"))
    process = world.start()
    wait_for(lambda: "B is fresh again" in world.webhook.text())
    assert numbers(world.terminal()) == [6]
    stop(process)


def test_a_file_of_a_newer_version_is_refused_with_what_to_do(world):
    load(world, "notifier-1.sql")
    with sqlite3.connect(world.state) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for command in (["stalewatch-notifier", "--config", world.config], ["stalewatch", "owed", "--config", world.config]):
        ran = subprocess.run([BIN / command[0], *command[1:]], text=True, capture_output=True, timeout=60)
        assert ran.returncode == 1
        assert "has version 99, this program knows 2; update stalewatch, or name another file" in ran.stderr
