"""Somebody on the sockets whom nobody has configured: speaks the protocol by itself, under any name."""

import time
import uuid

import msgpack
import zmq

from harness import DEADLINE


class Stranger:
    def __init__(self, system, name="stranger"):
        self.name, self.boot, self.sent = name, uuid.uuid4().hex, 0
        self.context = zmq.Context()
        self.control = self.context.socket(zmq.DEALER)
        self.control.connect(system.config["transport"]["control"])
        self.events = self.context.socket(zmq.SUB)
        self.events.subscribe(b"beat")
        self.events.connect(system.config["transport"]["events"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.destroy(linger=0)

    def send(self, topic, name=None, **body):
        self.sent += 1
        header = [1, name or self.name, self.boot, self.sent]
        self.control.send_multipart([topic.encode(), msgpack.packb(header), msgpack.packb(body)])

    def answer(self, topic):
        """The next message with this topic."""
        end = time.monotonic() + DEADLINE
        while True:
            assert self.control.poll(max(0, 1000 * (end - time.monotonic()))), f"no {topic}"
            got, _, body = self.control.recv_multipart()
            if got == topic.encode():
                return msgpack.unpackb(body)

    def journal(self):
        """The id of the aggregator's journal, and its newest number."""
        self.send("replay", journal="", after=-1, limit=1)
        page = self.answer("replayed")
        return page["journal"], page["head"]

    def beat(self):
        """The next one, older ones left out."""
        end = time.monotonic() + DEADLINE
        while self.events.poll(0):
            self.events.recv_multipart()
        assert self.events.poll(max(0, 1000 * (end - time.monotonic()))), "no beat"
        return msgpack.unpackb(self.events.recv_multipart()[2])
