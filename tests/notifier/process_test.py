"""The notifier's binary: as a pipe, against a webhook, and as a consumer of a small aggregator."""

import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time

import msgpack
import pytest
import zmq

NOTIFIER = os.path.join(os.environ["STALEWATCH_BIN"], "stalewatch-notifier")
TOKEN = "verysecrettoken42"
DEADLINE = 60  # generous: machines of CI are slow; nothing waits this long when all is well
AT = 1_795_338_000_000_000  # 2026-11-22 10:00:00+01:00
SECOND = 1_000_000


def wait_for(what, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + (what.__doc__ or "a condition"))


class Webhook:
    """Rocket.Chat's side: answers as told, remembers what it confirmed."""

    def __init__(self):
        self.answer = (200, {"success": True})
        self.delay = 0
        self.got, self.calls = [], 0
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.calls += 1
                time.sleep(hook.delay)
                status, answer = hook.answer
                if status == 200 and answer.get("success"):
                    hook.got.append(json.loads(body))
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/someintegration/{TOKEN}"

    def text(self):
        return "\n".join(json.dumps(message, ensure_ascii=False) for message in self.got)


class Aggregator:
    """As much of one as a consumer sees, with a journal in memory; its own words of the protocol."""

    def __init__(self, folder, journal="journal-1"):
        context = zmq.Context.instance()
        self.router = context.socket(zmq.ROUTER)
        self.events = context.socket(zmq.XPUB)
        for sock, name in ((self.router, "control"), (self.events, "events")):
            sock.linger = 0
            sock.bind(f"ipc://{folder}/{name}")
        self.journal, self.log, self.problems, self.acked = journal, [], [], 0
        self.boot, self.number, self.lock, self.running = os.urandom(4).hex(), 0, threading.Lock(), True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def frames(self, topic, body):
        self.number += 1
        return [topic, msgpack.packb([1, "aggregator", self.boot, self.number]), msgpack.packb(body)]

    def publish(self, *events):
        with self.lock:
            for event in events:
                event = dict(event, seq=len(self.log) + 1)
                self.log.append(event)

    def run(self):
        sent, beat = len(self.log), 0
        while self.running:
            with self.lock:
                while sent < len(self.log):
                    self.events.send_multipart(self.frames(b"event", self.log[sent]))
                    sent += 1
                if time.monotonic() - beat > 0.5:
                    beat = time.monotonic()
                    self.events.send_multipart(
                        self.frames(b"beat", {"journal": self.journal, "head": sent, "at": AT}))
                while self.router.poll(10):
                    peer, topic, _, body = self.router.recv_multipart()
                    self.answer(peer, topic, msgpack.unpackb(body))
            time.sleep(0.01)
        self.router.close()
        self.events.close()

    def answer(self, peer, topic, body):
        if topic == b"ack":
            self.acked = max(self.acked, body["seq"])
        if topic == b"command":
            reply = {"id": body["id"], "ok": True, "text": "", "journal": self.journal,
                     "head": len(self.log), "problems": self.problems}
            self.router.send_multipart([peer] + self.frames(b"reply", reply))
        if topic == b"replay":
            after = len(self.log) if body["after"] < 0 else body["after"]
            same = body["journal"] in ("", self.journal)
            page = self.log[after:after + body["limit"]] if same else []
            replayed = {"journal": self.journal, "after": after, "oldest": 1, "head": len(self.log),
                        "events": page, "caught_up": after + len(page) >= len(self.log)}
            self.router.send_multipart([peer] + self.frames(b"replayed", replayed))

    def stop(self):
        self.running = False
        self.thread.join()


def event(kind, episode=None, target="PROD", at=AT, **more):
    known = dict(kind=kind, target=target, name=target, address="http://h/v", at=at, decided_at=at, **more)
    if episode:
        known.update(episode=episode, notify=True)
    return known


class World:
    def __init__(self, folder):
        self.folder, self.webhook, self.processes, self.aggregator = folder, Webhook(), [], None
        self.config = folder / "stalewatch.yaml"
        self.log = folder / "runs.log"
        self.state = folder / "notifier.db"
        self.write_config()

    def write_config(self, extra="", webhook=None):
        self.config.write_text(f"""
servers:
  PROD: {{address: "http://127.0.0.1:1/version"}}
credentials:
  ROCKETCHAT: {{webhook: "{webhook or self.webhook.url}"}}
logs: {{filename: "{self.log}"}}
transport: {{samples: "ipc://{self.folder}/samples", control: "ipc://{self.folder}/control", events: "ipc://{self.folder}/events"}}
notifier: {{state: "{self.state}"}}
{extra}""")

    def start(self, *arguments, **options):
        out = open(self.folder / "terminal", "ab")
        err = open(self.folder / "stderr", "ab")
        process = subprocess.Popen([NOTIFIER, "--config", self.config, *arguments], stdout=out, stderr=err,
                                   env=dict(os.environ, TZ="Europe/Berlin"), **options)
        self.processes.append(process)
        return process

    def terminal(self):
        return (self.folder / "terminal").read_text()

    def everything_shown(self):
        return self.terminal() + (self.folder / "stderr").read_text() + (self.log.read_text() if self.log.exists() else "")


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    for process in world.processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    if world.aggregator:
        world.aggregator.stop()
    world.webhook.server.shutdown()


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


def test_a_pipe_by_the_wall_clock_folds_what_comes_at_once(world):
    ran = pipe(world, STORY)
    assert (ran.returncode, ran.stdout) == (0, LINES)
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


def test_test_messages_go_everywhere_and_say_how_they_were_answered(world):
    def test():
        return subprocess.run([NOTIFIER, "--config", world.config, "--test"], text=True, capture_output=True,
                              timeout=DEADLINE)
    ran = test()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"TEST +stalewatch.*\nok, written\nlog: ok, written to .*\nrocketchat: ok, HTTP 200\n", ran.stdout)
    assert "TEST" in world.log.read_text()
    assert world.webhook.got[0]["text"] == "🔵 stalewatch: test message"
    world.webhook.answer = (404, {"success": False, "error": f"no /hooks/someintegration/{TOKEN} here"})
    ran = test()
    assert ran.returncode == 1
    assert "rocketchat: failed, HTTP 404: no /hooks/***/*** here" in ran.stdout
    assert TOKEN not in ran.stdout + ran.stderr


def begin(world):
    world.aggregator = Aggregator(world.folder)
    process = world.start()
    wait_for(lambda: "no open problems" in world.terminal())
    wait_for(lambda: world.webhook.got)
    return process


def stop(process, within=5):
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert time.monotonic() - began < within


def test_every_sink_gets_every_event_and_the_aggregator_its_ack(world):
    process = begin(world)
    world.aggregator.publish(event("updated"), event("stale", 2), event("updated", inhibited=True))
    wait_for(lambda: "STALE" in world.terminal())
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    wait_for(lambda: world.aggregator.acked == 3)
    assert "UPDATED" in world.log.read_text() and "#3" not in world.terminal()
    stop(process)
    assert TOKEN not in world.everything_shown()


def numbers(text):
    return [int(found) for found in re.findall(r"#(\d+)$", text, re.M)]


def test_killed_at_any_moment_it_tells_everything_at_least_once_in_order(world):
    begin(world)
    world.processes[-1].kill()
    published = 0
    for life in range(8):
        process = world.start()
        for _ in range(40):
            world.aggregator.publish(event("updated"))
            published += 1
        wait_for(lambda: f"#{published - 20 + life}" in world.terminal())
        process.kill()
        process.wait()
    world.aggregator.publish(event("stale", published + 1))
    process = world.start()
    wait_for(lambda: f"#{published + 1}" in world.terminal())
    wait_for(lambda: f"#{published + 1}" in world.log.read_text())
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    for text in (world.terminal(), world.log.read_text()):
        highest = 0
        for number in numbers(text):
            assert number <= highest + 1
            highest = max(highest, number)
        assert highest == published + 1
    stop(process)


def test_what_chat_did_not_take_is_kept_across_a_restart_and_told_when_it_is_back(world):
    process = begin(world)
    world.webhook.answer = (500, {"success": False})
    calls = world.webhook.calls
    world.aggregator.publish(event("stale", 1))
    wait_for(lambda: world.webhook.calls > calls)
    wait_for(lambda: "STALE" in world.terminal())
    stop(process)
    assert "STALE" in world.log.read_text()
    world.webhook.answer = (200, {"success": True})
    process = world.start()
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    stop(process)
    assert numbers(world.terminal()) == [1]


def test_a_webhook_that_is_gone_is_told_once_on_the_other_sinks(world):
    process = begin(world)
    world.webhook.answer = (404, {"success": False, "error": f"no token {TOKEN}"})
    world.aggregator.publish(event("stale", 1))
    wait_for(lambda: "UNDELIVERED" in world.terminal() and "UNDELIVERED" in world.log.read_text())
    stop(process)
    assert "HTTP 404: no token ***; 1 events wait" in world.terminal()
    assert TOKEN not in world.everything_shown()


def test_a_slow_chat_delays_nobody_and_nobody_waits_for_it_at_the_end(world):
    process = begin(world)
    world.webhook.delay = 15
    calls = world.webhook.calls
    world.aggregator.publish(event("stale", 1))
    wait_for(lambda: world.webhook.calls > calls)
    began = time.monotonic()
    world.aggregator.publish(event("updated"))
    wait_for(lambda: "UPDATED" in world.terminal())
    assert time.monotonic() - began < 10
    stop(process)


def test_it_begins_with_what_is_open_and_in_another_journal_closes_what_is_not(world):
    world.aggregator = Aggregator(world.folder)
    world.aggregator.publish(event("stale", 1, "A"), event("stale", 2, "B"))
    world.aggregator.problems = world.aggregator.log[:]
    process = world.start()
    wait_for(lambda: "2 problems are open: A, B" in world.webhook.text())
    assert numbers(world.terminal()) == [1, 2]
    stop(process)
    world.aggregator.stop()
    world.aggregator = Aggregator(world.folder, "journal-2")
    world.aggregator.publish(event("stale", 1, "B"), event("stale", 2, "C"))
    world.aggregator.problems = world.aggregator.log[:]
    process = world.start()
    wait_for(lambda: "FRESH AGAIN     A  " in world.terminal())
    wait_for(lambda: "A is fresh again" in world.webhook.text())
    shown = world.terminal()[world.terminal().index("EVENTS MISSING"):]
    assert "another journal" in shown
    assert re.findall(r"(STALE|FRESH AGAIN) +(\w)", shown) == [("FRESH AGAIN", "A"), ("STALE", "C")]
    world.aggregator.publish(event("fresh_again", 1, "B"))
    wait_for(lambda: "FRESH AGAIN     B  " in world.terminal())
    stop(process)


def test_an_aggregator_that_dies_is_told_everywhere_also_in_chat(world):
    process = begin(world)
    world.aggregator.stop()
    wait_for(lambda: "AGGREGATOR LOST" in world.terminal() and "AGGREGATOR LOST" in world.log.read_text())
    wait_for(lambda: "aggregator gives no sign of life" in world.webhook.text())
    own_log = (world.folder / "stderr").read_text()
    assert own_log.count("waiting for the aggregator control=ipc://") == 1
    assert "no sign of life" not in own_log, "the sinks say it"
    process.kill()
    process.wait()
    process = world.start()
    wait_for(lambda: (world.folder / "stderr").read_text().count("waiting for the aggregator") == 2)
    world.aggregator = Aggregator(world.folder)
    wait_for(lambda: "AGGREGATOR BACK" in world.terminal())
    wait_for(lambda: "aggregator is back" in world.webhook.text())
    assert world.terminal().count("AGGREGATOR LOST") == 1
    stop(process)
    assert "notifier: stopped" in world.everything_shown()


def test_a_reload_reopens_the_log_and_takes_over_the_webhook_or_nothing(world):
    process = begin(world)
    os.rename(world.log, str(world.log) + ".1")
    world.write_config("terminal: {format: json}")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the configuration is taken over" in world.everything_shown())
    world.aggregator.publish(event("updated"))
    wait_for(lambda: world.log.exists() and "UPDATED" in world.log.read_text())
    wait_for(lambda: '"kind":"updated"' in world.terminal())
    world.config.write_text("servers: [no")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: "stays in force" in world.everything_shown())
    world.aggregator.publish(event("updated"))
    wait_for(lambda: "#2" in world.log.read_text())
    stop(process)


def test_a_terminal_that_nobody_reads_keeps_no_alarm_from_chat(world):
    begin(world)
    world.processes[-1].kill()
    reader, writer = os.pipe()
    process = subprocess.Popen([NOTIFIER, "--config", world.config], stdout=writer, stderr=subprocess.DEVNULL)
    world.processes.append(process)
    world.aggregator.publish(*[event("updated") for _ in range(3000)], event("stale", 3001))
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    assert process.poll() is None
    stop(process)
    os.close(reader)
    os.close(writer)
