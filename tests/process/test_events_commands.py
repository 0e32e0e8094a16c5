"""`stalewatch replay`, `events` and `forget` on a live system and on its journal."""

import json
import subprocess

import pytest
from chain import servers_at, wait_for_more_rows
from harness import BIN, Process, wait_for
from journal_file import journal_query


def stalewatch(*arguments):
    return subprocess.run([f"{BIN}/stalewatch", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)


def numbers(output):
    return [json.loads(line)["seq"] for line in output.splitlines()]


def test_journaled_events_are_printed_from_the_running_system_and_from_the_file(make_system, mock):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    config = ("--config", system.config_path)

    everything = stalewatch("replay", "--json", *config)
    assert everything.returncode == 0, everything.stderr
    assert numbers(everything.stdout)[:5] == [1, 2, 3, 4, 5]
    assert numbers(stalewatch("replay", "--from", 3, "--to", 5, "--json", *config).stdout) == [3, 4, 5]
    assert numbers(stalewatch("replay", "--from", "1h", "--to", 2, "--json", *config).stdout) == [1, 2]
    third = json.loads(everything.stdout.splitlines()[2])
    decided = third["decided_at"]
    assert numbers(stalewatch("replay", "--from", decided, "--to", decided, "--json", *config).stdout) == [3]

    events = [json.loads(line) for line in everything.stdout.splitlines()]
    chosen = (third["name"], "--kind", third["kind"], "--to", events[-1]["seq"], "--json")
    some = numbers(stalewatch("replay", *chosen, *config).stdout)
    assert some == [e["seq"] for e in events if (e["name"], e["kind"]) == (third["name"], third["kind"])]

    text = stalewatch("replay", "--from", 3, "--to", 3, *config).stdout
    assert third["name"] in text and text.endswith("#3\n") and text.count("\n") == 1
    beyond = stalewatch("replay", "--from", 10**9, *config)
    assert beyond.returncode == 0 and not beyond.stdout and "the journal ends at event" in beyond.stderr
    bad = stalewatch("replay", "--from", "yesterday", *config)
    assert bad.returncode == 2 and "neither an event's number" in bad.stderr

    system.stop()
    journal = system.folder / "journal.sqlite"
    assert numbers(stalewatch("replay", "--journal", journal, "--to", 4, "--json").stdout) == [1, 2, 3, 4]
    assert numbers(stalewatch("replay", "--journal", journal, *chosen).stdout) == some
    missing = stalewatch("replay", "--journal", system.folder / "nosuch")
    assert missing.returncode == 1 and "no such file" in missing.stderr
    assert not (system.folder / "nosuch").exists()
    nobody = stalewatch("replay", *config)
    assert nobody.returncode == 1 and "no aggregator answers" in nobody.stderr


def test_events_are_followed_live_also_across_a_restart(make_system, mock, folder):
    system = make_system(servers_at(mock)).start()
    wait_for_more_rows(system)
    last = numbers(stalewatch("events", "--json", "--config", system.config_path).stdout)
    assert last == list(range(last[0], last[0] + len(last))) and len(last) >= 9
    follower = Process(folder, "follower", "events", "--follow", "--from", 2, "--json", "--config", system.config_path,
                       executable="stalewatch").start()
    try:
        wait_for(lambda: len(follower.json_lines()) >= last[-1], follower.err)
        system.restart("aggregator", kill=True)
        seen = len(follower.json_lines())
        wait_for(lambda: len(follower.json_lines()) > seen + 5, follower.err)
        seqs = [event["seq"] for event in follower.json_lines()]
        assert seqs == list(range(2, 2 + len(seqs)))
    finally:
        follower.kill()
    # It acknowledged nothing, and would not have a place if it did.
    told = stalewatch("forget", "stalewatch-events", "--config", system.config_path)
    assert told.returncode == 1
    assert told.stderr == 'nothing is kept for "stalewatch-events"; journal.consumers names notifier, recorder\n'


def test_events_of_some_names_and_kinds(make_system, mock, folder):
    system = make_system(servers_at(mock)).start()
    config = ("--config", system.config_path)

    def events(*arguments, command="events"):
        out = stalewatch(command, *arguments, "--json", *config)
        assert out.returncode == 0, out.stderr
        return [json.loads(line) for line in out.stdout.splitlines()]

    wait_for_more_rows(system, more=12)
    everything = events("--from", 1)
    assert events("--from", 1, "--kind", "stale", "--kind", "UPDATED")[0]["kind"] == "updated"
    name = next(event["name"] for event in everything if event["kind"] == "updated")
    of_one = events(name, "--from", 1)
    assert {event["name"] for event in of_one} == {name}
    assert [e for e in of_one if e["seq"] <= 30] == [e for e in everything if e["name"] == name and e["seq"] <= 30]
    assert {event["kind"] for event in events(name, "--kind", "updated", "--from", 1)} == {"updated"}
    assert events(name, "--kind", "prober_joined", "--from", 1) == []

    # Without --from the last that are asked for, however far back in the journal they are.
    joined = events("--kind", "prober_joined")
    assert joined[0] == next(event for event in everything if event["kind"] == "prober_joined")
    assert joined[0]["seq"] <= everything[-1]["seq"] - 20
    assert events("prober-1", "--kind", "prober-joined")[0] == joined[0]
    assert len(events("--kind", "updated")) == 20
    assert len(events()) == 20
    none = stalewatch("events", "no-such", "--kind", "stale", *config)
    assert (none.returncode, none.stdout) == (0, "")
    assert none.stderr == 'there is no event of "no-such" of kind stale\n'

    follower = Process(folder, "follower", "events", name, "--follow", "--kind", "updated", "--json", *config,
                       executable="stalewatch").start()
    try:
        wait_for(lambda: len(follower.json_lines()) >= 2, follower.err)
        assert {(event["name"], event["kind"]) for event in follower.json_lines()} == {(name, "updated")}
    finally:
        follower.kill()


@pytest.mark.parametrize("command", ["events", "replay"])
def test_a_kind_that_does_not_exist_is_refused_before_anybody_is_asked(command):
    bad = stalewatch(command, "--kind", "stail", "--config", "/nonexistent")
    assert bad.returncode == 2
    assert bad.stderr == f'stalewatch {command}: --kind: no kind "stail"; did you mean "stale"?\n'


def test_a_consumer_that_is_gone_is_told_of_until_the_configuration_no_longer_names_it(make_system, mock):
    system = make_system(servers_at(mock))
    system.config["journal"]["consumer_behind_after"] = "10s"  # more than a busy machine's few seconds
    system.write_config()
    system.start("aggregator", "prober", "notifier")
    behind = wait_for(lambda: system.told(None, "consumer_behind"), system.trouble, deadline=120)[0]
    assert behind["name"] == "recorder" and behind["notify"], system.trouble()
    refused = stalewatch("forget", "recorder", "--config", system.config_path)
    assert refused.returncode == 1
    assert "journal.consumers names it: take it out there, then reload" in refused.stderr
    assert not system.told(None, "consumer_ok")

    system.config["journal"]["consumers"] = ["notifier", "archive"]
    system.write_config()
    reloaded = stalewatch("reload", "--config", system.config_path)
    assert reloaded.returncode == 0, reloaded.stderr
    ok = wait_for(lambda: system.told(None, "consumer_ok"), system.trouble)[0]
    assert ok["episode"] == behind["seq"] and ok["detail"] == "nothing is kept for it any more"
    places = wait_for(lambda: dict(journal_query(system, "select name, seq from consumers where name != 'notifier'")))
    assert places.keys() == {"archive"} and places["archive"] >= behind["seq"]  # at the head of that moment
    system.start("recorder")
    wait_for_more_rows(system)
    assert len(system.told(None, "consumer_behind")) == 1
