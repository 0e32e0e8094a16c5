#!/usr/bin/env python3
"""Prints every event of an aggregator once, as JSON lines, across restarts of either side: an example consumer.

    consumer.py CURSOR_FILE [CONTROL_ENDPOINT EVENTS_ENDPOINT]

Without endpoints it looks where an aggregator of the same user listens: in the state directory. Needs python3-zmq and python3-msgpack; speaks the protocol of docs/protocol.md. For events to be kept while it is away,
name it in the aggregator's configuration: journal.consumers: [notifier, recorder, example]
"""

import json
import os
import sys
import time
import uuid

import msgpack
import zmq

cursor_file = sys.argv[1]
state = os.environ.get("STALEWATCH_STATE_DIR") or os.environ.get("STATE_DIRECTORY", "").split(":")[0] or os.path.join(
    os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "stalewatch")
control_at, events_at = sys.argv[2:4] if len(sys.argv) > 3 else (
    f"ipc://{os.path.abspath(state)}/sockets/{name}" for name in ("control", "events"))
journal, seq = json.load(open(cursor_file)) if os.path.exists(cursor_file) else ("", 0)

context = zmq.Context()
events, control = context.socket(zmq.SUB), context.socket(zmq.DEALER)
events.subscribe(b"")
events.connect(events_at)  # subscribe first, then ask for what was missed
control.linger = 0
control.connect(control_at)
boot, sent = uuid.uuid4().hex, 0


def send(topic, **body):
    global sent
    sent += 1
    control.send_multipart([topic, msgpack.packb([1, "example", boot, sent]), msgpack.packb(body)])


def take(new, up_to=0):
    """The effect, then the cursor, then the ack. Killed between the first two, it prints an event twice; whoever stores
    both in one transaction of a database has each exactly once."""
    global seq
    for event in new:
        if event["seq"] > seq:
            print(json.dumps(event), flush=True)
            seq = event["seq"]
    seq = max(seq, up_to)
    with open(cursor_file + ".new", "w") as file:
        json.dump([journal, seq], file)
    os.replace(cursor_file + ".new", cursor_file)
    send(b"ack", journal=journal, seq=seq)


aggregator = None     # the boot of the one we hear; another may have another journal
following = False     # a page has reached the head: the next live event can be taken as it comes
greeted = asked = -9  # when; asking again every 5 s costs little and survives everything
while True:
    now = time.monotonic()
    if now - greeted > 5:
        greeted = now
        send(b"hello", role="consumer", name="example", instance=boot, version="1")
    if not following and now - asked > 5:
        asked = now
        send(b"replay", journal=journal, after=seq, limit=500)
    for socket in zmq.select([events, control], [], [], 1)[0]:
        topic, header, body = socket.recv_multipart()
        (version, _, sender), body = msgpack.unpackb(header)[:3], msgpack.unpackb(body)
        if version != 1:
            continue
        if sender != aggregator:
            aggregator, following, asked = sender, False, -9
        if topic == b"event" and following and body["seq"] == seq + 1:
            take([body])
        elif topic == b"event" and following and body["seq"] > seq + 1:
            following, asked = False, -9  # a hole
        elif topic == b"beat" and following and (body["journal"] != journal or body["head"] > seq):
            following, asked = False, -9  # a lost tail, or another journal
        elif topic == b"replayed" and body["journal"] != journal and journal:
            print("another journal, starting over with", body["journal"], file=sys.stderr)
            journal, seq, following, asked = body["journal"], min(seq, body.get("shared", 0)), False, -9
        elif topic == b"replayed" and body["after"] == seq <= body["head"]:
            journal, following, asked = body["journal"], body["caught_up"], now if body["caught_up"] else -9
            if body["oldest"] > seq + 1 > 1:
                print("the journal no longer holds", seq + 1, "to", body["oldest"] - 1, file=sys.stderr)
            take(body["events"], body["head"] if body["caught_up"] else 0)
