"""A prober that is only buggy: what is wrong with one sample is refused alone, everything else goes through."""

import time
import uuid

import msgpack
import zmq

from harness import System, free_port, metric, wait_for


class Prober:
    """Speaks as one: hello, leases, batches, in its own words of the protocol."""

    def __init__(self, system, name):
        transport = system.config["transport"]
        self.context = zmq.Context()
        self.control = self.context.socket(zmq.DEALER)
        self.samples = self.context.socket(zmq.XPUB)
        for socket, name_of in ((self.control, "control"), (self.samples, "samples")):
            socket.linger = 0
            socket.connect(transport[name_of])
        self.name, self.boot, self.number = name, uuid.uuid4().hex, 0
        self.assignment, self.targets, self.acked, self.resends, self.last = None, {}, -1, [], 0
        self.next_lease, self.offset = 0, None
        self.subscribed = False

    def frames(self, topic, body):
        self.number += 1
        packed = body if isinstance(body, bytes) else msgpack.packb(body)
        return [topic, msgpack.packb([1, self.name, self.boot, self.number]), packed]

    def say(self, topic, **body):
        self.control.send_multipart(self.frames(topic, body))

    def turn(self):
        """Renews the lease each half second, takes what has come."""
        now = time.monotonic()
        if now >= self.next_lease:
            self.next_lease = now + 0.5
            if self.assignment is None:
                self.say(b"hello", role="prober", name=self.name, instance=self.boot)
            else:
                offset = {} if self.offset is None else {"clock_offset": self.offset, "clock_uncertainty": 1000}
                self.say(b"lease", instance=self.boot, generation=self.generation, last_news_seq=self.last,
                         oldest_news_seq=1, sent_at=time.time_ns() // 1000, **offset)
        while self.control.poll(10):
            topic, _, body = self.control.recv_multipart()
            body = msgpack.unpackb(body)
            if topic == b"targets":
                self.assignment, self.generation = body["assignment"], body["generation"]
                self.targets.update({one["key"]: one["id"] for one in body["added"]})
            elif topic == b"lease_reply":
                self.offset = 0
            elif topic == b"ack":
                self.acked = body["seq"]
                if "resend_from" in body:
                    self.resends.append((body["resend_from"], body.get("batch")))
        while self.samples.poll(0):
            self.subscribed = self.samples.recv()[:1] == b"\x01"

    def ready(self):
        self.turn()
        return self.targets and self.subscribed and self.acked >= 0

    def until(self, condition, system):
        def turned():
            self.turn()
            return condition()
        wait_for(turned, system.trouble)

    def news(self, key, age=1):
        """A sample of now, with the next number."""
        self.last += 1
        now = time.time_ns() // 1000
        return [self.targets[key], self.last, now, 1000, 0, 1, now, 200, now - age * 1_000_000]

    def send(self, samples, after):
        self.samples.send_multipart(self.frames(b"samples", [self.assignment, samples, after]))

    def close(self):
        self.context.destroy(0)


def test_what_is_wrong_with_one_sample_is_refused_alone(folder):
    watched = ("A", "B", "C", "D")
    # So many that a second prober gets some and not all.
    servers = {name: {"address": "http://127.0.0.1:9/", "interval": "1h"} for name in (*watched, *(f"X{i}" for i in range(30)))}
    system = System(folder, servers)
    port = free_port()
    system.processes["aggregator"].command += ["--http", f"127.0.0.1:{port}"]
    system.start("aggregator", "notifier", "recorder")
    prober = Prober(system, "buggy")
    prober.until(prober.ready, system)

    def refused():
        return metric(port, "stalewatch_aggregator_refused_samples_total")

    prober.send([prober.news(key) for key in watched], 0)
    prober.until(lambda: prober.acked == 4, system)
    # In the middle of good ones: one that is not understood, one of the far future, one without its time,
    # a Date of the year 40000, an outcome of the future.
    batch = [prober.news("A"), prober.news("B"), prober.news("B"), prober.news("B"), prober.news("C"), prober.news("D"),
             prober.news("A")]
    batch[1][2] = "now"
    batch[2][2] += 50 * 365 * 86_400_000_000
    batch[3][8] = None
    batch[4] += [10 ** 18 + 1, 1000]
    batch[5][4:9] = [77, 5, batch[5][6], 0, None]
    prober.send(batch, 4)
    prober.until(lambda: prober.acked == 11, system)
    wait_for(lambda: system.kinds("A") == ["updated", "updated"], system.trouble)
    wait_for(lambda: system.kinds("C") == ["updated"], system.trouble)
    wait_for(lambda: system.kinds("D") == ["failing"], system.trouble)
    assert system.told("D")[0]["reason"] == "unknown"
    assert system.kinds("B") == []
    wait_for(lambda: refused() == 3, system.trouble)
    assert prober.resends == []
    assert system.aggregator.err().count("a sample is refused prober=buggy target=B") == 1
    assert system.aggregator.err().count("left out what is not understood of a message from=buggy") == 1

    # A batch that cannot be understood at all is asked for again, one by one; what stays garbled is skipped.
    good, _, behind = prober.news("A"), prober.news("B"), prober.news("C")
    sent = []

    def send_what_is_asked_for():
        while len(sent) < len(prober.resends):
            sent.append(prober.resends[len(sent)])
            first, _ = sent[-1]
            for number, sample in ((12, good), (13, b"\xc1"), (14, behind)):
                if number >= first:
                    if isinstance(sample, bytes):
                        prober.samples.send_multipart(prober.frames(b"samples", sample))
                    else:
                        prober.send([sample], number - 1)
        return prober.acked == 14

    prober.samples.send_multipart(prober.frames(b"samples", b"\xc1"))
    prober.until(send_what_is_asked_for, system)
    assert prober.resends[0] == (12, 1), prober.resends
    assert prober.resends[-1][0] == 14
    wait_for(lambda: len(system.kinds("A")) == 3 and len(system.kinds("C")) == 2, system.trouble)
    lost = wait_for(lambda: system.told(None, "samples_lost"), system.trouble)
    assert [(event["name"], event["count"]) for event in lost] == [("buggy", 1)]

    # Of targets that it was never given.
    stranger = Prober(system, "stranger")
    stranger.until(stranger.ready, system)
    never = sorted(set(servers) - set(stranger.targets))
    stranger.targets.update(prober.targets)
    stranger.send([stranger.news(never[0], age=-5), stranger.news(never[-1], age=-5)], 0)
    stranger.until(lambda: stranger.acked == 2, system)
    wait_for(lambda: refused() == 5, system.trouble)
    assert system.aggregator.err().count("never given") == 1
    assert {row["server"] for row in system.recorded() if row["kind"] == "updated"} <= {"A", "C"}
    prober.close()
    stranger.close()
    assert set(system.stop().values()) == {0}
