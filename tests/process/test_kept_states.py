"""A whole system as 0.1.0 left it, killed in the middle of a story (tests/data/kept/0.1.0), is gone on with by this one.

The files stay as they are. When a version writes another schema, a folder of that version is put beside this one, and
its name below.
"""

import json
import pathlib
import sqlite3
import subprocess

import pytest

from chat import posted
from harness import BIN, wait_for

KEPT = pathlib.Path(__file__).parents[1] / "data" / "kept"
TARGETS = ("well", "stale", "failing", "silent", "hidden", "data-owed", "server-owed", "clock")
JOURNAL = {"keep_updates": "3650d", "keep_events": "3650d",  # however old the fixture is
           "consumer_behind_after": "5s"}
HEAD, TAKEN, RECORDED = 68, 59, 58  # of the journal, by the notifier, by the recorder
ENDED = {("watched_again", "silent", 54), ("watched_again", "server-owed", 55), ("answering_again", "failing", 48),
         ("answering_again", "hidden", 49), ("answering_again", "data-owed", 51), ("answering_again", "server-owed", 50),
         ("fresh_again", "stale", 46), ("fresh_again", "data-owed", 47), ("clock_ok", "clock", 43),
         ("journal_ok", "journal", 64), ("consumer_ok", "archive", 32), ("consumer_ok", "notifier", 65),
         ("consumer_ok", "recorder", 66)}


def load(path, dump, url):
    """The addresses in the dump lead nowhere; they are made those of the mock server."""
    with sqlite3.connect(path) as connection:
        connection.executescript(dump.read_text().replace("http://mock.example", url))
    connection.close()


def ended(system):
    return {(event["kind"], event["target"] or event["name"], event["episode"])
            for event in system.told() if event.get("episode") and (event["kind"].endswith(("_again", "_ok")))}


def chat(system):
    ran = subprocess.run([f"{BIN}/stalewatch", "owed", "--json", "--config", system.config_path], capture_output=True,
                         text=True, timeout=60)
    return next(sink for sink in json.loads(ran.stdout)["sinks"] if sink["sink"] == "rocketchat")


@pytest.mark.parametrize("version", ["0.1.0"])
def test_what_was_open_is_closed_and_everybody_goes_on_from_where_they_were(version, make_system, mock):
    for name in TARGETS:
        mock.tell(f"/{name}", "updates", every="1s")
    server = {"interval": "1s", "timeout": "1s", "notification_threshold": "1h", "msg_interval": "0s"}
    system = make_system({name: {"address": f"{mock.url}/{name}", **server} for name in TARGETS},
                         webhook=f"{mock.url}/hooks/id/token")
    system.config["journal"].update(JOURNAL)
    system.write_config()
    load(system.folder / "journal.sqlite", KEPT / version / "journal.sql", mock.url)
    load(system.folder / "notifier.sqlite", KEPT / version / "notifier.sql", mock.url)
    load(system.rows_path, KEPT / version / "tables.sql", mock.url)
    before = system.recorded()
    assert before[-1]["seq"] == RECORDED

    system.start()
    wait_for(lambda: "started targets=8" in system.aggregator.err(), system.trouble)
    # Who was kept for by its own word only: after this, if not before, nothing is kept for it and nobody waits for it.
    subprocess.run([f"{BIN}/stalewatch", "forget", "archive", "--config", system.config_path], capture_output=True, timeout=60)
    wait_for(lambda: ended(system) >= ENDED, lambda: f"{ENDED - ended(system)}\n{system.trouble()}", deadline=200)
    wait_for(lambda: chat(system)["waiting"] == 0 and not chat(system)["open"], lambda: f"{chat(system)}", deadline=200)
    wait_for(lambda: all(len([row for row in system.rows(name) if row["seq"] > HEAD]) > 1 for name in TARGETS), system.trouble)
    assert set(system.stop().values()) == {0}, system.trouble()

    numbers = [event["seq"] for event in system.told() if event["seq"] > 0]
    assert numbers[0] == TAKEN + 1 and numbers == sorted(set(numbers))
    assert any("gone left the configuration" in text.replace("`", "") for text in posted(mock)), posted(mock)
    assert len(chat(system)["given_up"]) == 4
    after = system.recorded()
    assert after[:len(before)] == before
    assert [event["seq"] for event in after] == list(range(1, len(after) + 1)) and len(after) > HEAD
