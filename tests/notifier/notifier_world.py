"""What the notifier's binary is tried with: a webhook, and as much of an aggregator as a consumer sees."""

import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time

import msgpack
import zmq

NOTIFIER = os.path.join(os.environ["STALEWATCH_BIN"], "stalewatch-notifier")
TOKEN = "verysecrettoken42"
DEADLINE = 60  # generous: machines of CI are slow; nothing waits this long when all is well
AT = 1_795_338_000_000_000  # 2026-11-22 10:00:00+01:00


def wait_for(what, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + (what.__doc__ or "a condition"))


class Webhook:
    """Rocket.Chat's side: answers as told and when told, remembers what it confirmed."""

    def __init__(self):
        self.answer = (200, {"success": True})
        self.first_answers = []  # before that one
        self.answering = threading.Event()  # cleared: calls come in, and wait
        self.answering.set()
        self.got, self.calls = [], 0
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.calls += 1
                hook.answering.wait()
                status, answer = hook.first_answers.pop(0) if hook.first_answers else hook.answer
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
        self.now, self.oldest = AT + 3600 * 1_000_000, 1
        self.page_size, self.pages = 1000, []  # of problems: how many in one, and where those asked for began
        self.before_page = lambda: True  # False: the page does not arrive
        self.boot, self.number, self.lock, self.running = os.urandom(4).hex(), 0, threading.RLock(), True
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
                        self.frames(b"beat", {"journal": self.journal, "head": sent, "at": self.now}))
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
            first = int(body["arguments"][0]) if body["arguments"] else 0
            self.pages.append(first)
            if not self.before_page():
                return
            end = first + self.page_size
            reply = {"id": body["id"], "ok": True, "text": "", "journal": self.journal,
                     "head": len(self.log), "problems": self.problems[first:end]}
            if len(self.problems) > end:
                reply["next"] = str(end)
            self.router.send_multipart([peer] + self.frames(b"reply", reply))
        if topic == b"replay":
            after = len(self.log) if body["after"] < 0 else body["after"]
            same = body["journal"] in ("", self.journal)
            page = [e for e in self.log[after:after + body["limit"]] if e["seq"] >= self.oldest] if same else []
            replayed = {"journal": self.journal, "after": after, "oldest": self.oldest, "head": len(self.log),
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


def begin(world):
    world.aggregator = Aggregator(world.folder)
    process = world.start()
    wait_for(lambda: "no open problems" in world.terminal())
    wait_for(lambda: world.webhook.got)
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0


def numbers(text):
    return [int(found) for found in re.findall(r"#(\d+)$", text, re.M)]
