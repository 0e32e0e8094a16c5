"""The notifier as a pipe: it tells the events that come as lines on its standard input."""

import json
import os
import subprocess

from notifier_world import DEADLINE, NOTIFIER, wait_for


def pipe(world, lines, *arguments):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return subprocess.run([NOTIFIER, "--config", world.config, "--stdin", *arguments], input=text, text=True,
                          capture_output=True, timeout=DEADLINE, env=dict(os.environ, TZ="Europe/Berlin"))


def json_event(seq, kind, at, target="PROD", **more):
    return dict(seq=seq, kind=kind, target=target, name=target, address="http://h/v", at=at, decided_at=at, **more)


STORY = [
    json_event(1, "updated", "2026-11-22T08:59:58Z", computed_at="2026-11-22T08:59:56Z", lag=2),
    json_event(2, "stale", "2026-11-22T09:15:00Z", episode=2, age=900, threshold=900, notify=True,
               next_reminder_at="2026-11-22T09:20:00Z"),
    json_event(3, "failing", "2026-11-22T09:15:01Z", target="B", episode=3, notify=True, reason="timeout",
               detail="no answer within 10s"),
    json_event(4, "updated", "2026-11-22T09:15:01Z", target="secret", inhibited=True),
    json_event(5, "still_stale", "2026-11-22T09:20:00Z", episode=2, notify=True, repeat_number=1, age=1200),
    json_event(6, "fresh_again", "2026-11-22T09:53:00Z", episode=2, notify=True, since="2026-11-22T09:15:00Z"),
    json_event(7, "answering_again", "2026-11-22T09:53:01Z", target="B", episode=3, notify=True,
               since="2026-11-22T09:15:01Z"),
]
LINES = """\
2026-11-22 09:59:58+01:00 UPDATED         PROD  computed 09:59:56+01:00, seen 2s later, http://h/v #1
2026-11-22 10:15:00+01:00 STALE           PROD  data 15m old (limit 15m), first reminder 10:20:00+01:00, http://h/v #2
2026-11-22 10:15:01+01:00 FAILING         B  no answer within 10s, http://h/v #3
2026-11-22 10:20:00+01:00 STILL STALE     PROD  data 20m old, reminder 1, http://h/v #5
2026-11-22 10:53:00+01:00 FRESH AGAIN     PROD  was stale 10:15-10:53 (38m), http://h/v #6
2026-11-22 10:53:01+01:00 ANSWERING AGAIN B  was failing 10:15-10:53 (38m), http://h/v #7
"""


def test_a_pipe_in_virtual_time_tells_a_story_the_same_way_each_time(world):
    for run in (1, 2):
        ran = pipe(world, STORY, "--virtual-time")
        assert (ran.returncode, ran.stdout) == (0, LINES)
        assert world.log.read_text() == LINES * run
    texts = [message["text"] for message in world.webhook.got]
    assert texts[:3] == ["🔴 2 new problems: PROD, B", "🟠 PROD is still stale: data 20m old",
                         "🟢 2 recovered: PROD, B"]
    assert texts[3:] == texts[:3]
    assert not world.state.exists()


def test_a_pipe_by_the_wall_clock_folds_what_waits_for_chat(world):
    """How much of a story the first message tells is a matter of the machine's speed: it waits for its answer until
    all of it has been read, and fails. The second one tells it all."""
    world.webhook.answering.clear()
    world.webhook.first_answers = [(500, {"success": False})]
    process = world.start("--stdin", stdin=subprocess.PIPE, text=True)
    process.stdin.writelines(json.dumps(line) + "\n" for line in STORY)
    process.stdin.flush()
    wait_for(lambda: world.terminal() == LINES and world.webhook.calls)
    world.webhook.answering.set()
    process.stdin.close()
    assert process.wait(DEADLINE) == 0
    assert world.terminal() == LINES
    assert [message["text"] for message in world.webhook.got] == ["⚪ 2 came and went: PROD, B"]


def test_terminal_and_log_speak_json_when_told_so(world):
    world.write_config("terminal: {format: json}")
    world.config.write_text(world.config.read_text().replace('runs.log"', 'runs.log", format: json'))
    ran = pipe(world, STORY, "--virtual-time")
    assert [json.loads(line)["seq"] for line in ran.stdout.splitlines()] == [1, 2, 3, 5, 6, 7]
    assert world.log.read_text() == ran.stdout


def test_a_line_that_is_no_event_is_named_and_fails_the_run(world):
    ran = pipe(world, ["no event"] + STORY[:1], "--virtual-time")
    assert ran.returncode == 1
    assert "line 1 is no event" in ran.stderr
    assert ran.stdout == LINES.splitlines(keepends=True)[0]


def test_the_terminal_has_colours_only_when_it_wants_them(world):
    assert "\033" not in pipe(world, STORY[1:2], "--virtual-time").stdout
    world.write_config("terminal: {color: always}")
    assert "\033[1;31mSTALE" in pipe(world, STORY[1:2], "--virtual-time").stdout
