"""What a consumer sees of an aggregator: a journal in memory, live events of which some get lost, replay, beats."""

import random
import threading
import time
import uuid

import msgpack
import zmq


class Aggregator:
    def __init__(self, directory, journal="journal-1", events=(), loss=0.0, seed=1):
        self.endpoints = {name: f"ipc://{directory}/{name}" for name in ("control", "events")}
        self.journal, self.events, self.loss = journal, list(events), loss
        self.acked, self.hellos, self.commands = [], [], []
        self._published = len(self.events)
        self._random = random.Random(seed)
        self._lock, self._end = threading.Lock(), threading.Event()
        self._boot, self._sequence = uuid.uuid4().hex, 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    def publish(self, *events):
        """Appends events; their seq is given here."""
        with self._lock:
            for event in events:
                self.events.append({**event, "seq": len(self.events) + 1})

    @property
    def head(self):
        return len(self.events)

    def close(self):
        self._end.set()
        self._thread.join(30)

    def _frames(self, topic, body):
        self._sequence += 1
        return [topic, msgpack.packb([1, "aggregator", self._boot, self._sequence]), msgpack.packb(body)]

    def _run(self):
        context = zmq.Context()
        router, events = context.socket(zmq.ROUTER), context.socket(zmq.XPUB)
        router.linger = events.linger = 0
        router.bind(self.endpoints["control"])
        events.bind(self.endpoints["events"])
        self._ready.set()
        next_beat = 0
        while not self._end.is_set():
            with self._lock:
                fresh = self.events[self._published:]
                self._published += len(fresh)
            for event in fresh:
                if self._random.random() >= self.loss:
                    events.send_multipart(self._frames(b"event", event))
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + 0.3
                events.send_multipart(self._frames(b"beat", {"journal": self.journal, "head": self._published}))
            while router.poll(20):
                peer, topic, _, body = router.recv_multipart()
                self._on(router, peer, topic, msgpack.unpackb(body))
        context.destroy(linger=0)

    def _on(self, router, peer, topic, body):
        if topic == b"hello":
            self.hellos.append(body)
        if topic == b"command":
            self.commands.append(body)
        if topic == b"ack":
            self.acked.append((body["journal"], body["seq"]))
        if topic == b"replay":
            ours = body["journal"] in ("", self.journal)
            after = body["after"] if body["after"] >= 0 else self._published
            page = self.events[after:min(self._published, after + body["limit"])] if ours else []
            router.send_multipart([peer] + self._frames(b"replayed", {
                "journal": self.journal, "after": after, "oldest": 1, "head": self._published, "events": page,
                "caught_up": ours and after + len(page) >= self._published}))
