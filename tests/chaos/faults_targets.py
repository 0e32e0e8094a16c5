"""What is watched fails, stands still, goes back, has a wrong clock, comes and goes; the configuration is bad."""

import contextlib
import time

import targets as t
from fault import fault, started


FAILURES = ("status:500", "status:404", "hang", "refuse", "reset", "close_mid_body", "html", "truncated_json", "empty",
            "field_missing", "trickle")


@contextlib.contextmanager
def in_hand(world, dice, entry):
    with world.in_hand_lock:
        target = dice.choice([x for x in t.TROUBLES if x.key not in world.in_hand])
        world.in_hand.add(target.key)
        entry.path = target.path
    yield target
    with world.in_hand_lock:
        world.in_hand.discard(target.key)


@fault("targets", weight=4)
def target_fails(world, dice, entry):
    with in_hand(world, dice, entry) as target:
        entry.words = dice.choice(FAILURES)
        world.mock.tell(target.path, entry.words)
        yield dice.choice((dice.uniform(0.3, 5), dice.uniform(5, 14)))
        world.mock.tell(target.path, "ok")


@fault("targets", weight=4)
def target_frozen(world, dice, entry):
    with in_hand(world, dice, entry) as target:
        world.mock.tell(target.path, "frozen")
        yield dice.choice((dice.uniform(2, 6), dice.uniform(6, 16)))
        world.mock.tell(target.path, "updates", every=f"{int(target.every * 1000)}ms")


@fault("targets", weight=2)
def target_frozen_and_fails(world, dice, entry):
    """Stale behind a failure, and the other way round."""
    with in_hand(world, dice, entry) as target:
        world.mock.tell(target.path, "frozen")
        yield dice.uniform(0, 5)
        entry.words = "status:500"
        world.mock.tell(target.path, entry.words)
        yield dice.uniform(1, 6)
        world.mock.tell(target.path, "ok")
        yield dice.uniform(0, 3)
        world.mock.tell(target.path, "updates", every=f"{int(target.every * 1000)}ms")


@fault("targets")
def target_goes_back(world, dice, entry):
    with in_hand(world, dice, entry) as target:
        world.mock.tell(target.path, "older", by="1m", count=1)
        yield 2 * t.INTERVAL + 1


@fault("targets", weight=2)
def target_clock_stepped(world, dice, entry):
    with in_hand(world, dice, entry) as target:
        world.mock.tell(target.path, date_offset=dice.choice(("-1h", "1h")))
        yield dice.uniform(1, 7)
        world.mock.tell(target.path, date_offset="0s")


@fault("targets")
def all_targets_refuse(world, dice, entry):
    world.mock.control(listening=False)
    yield dice.uniform(0.3, 4)
    world.mock.control(listening=True)


# The configuration.

BAD_FILES = ("servers: 5\n", "servers: {A: {adress: 'http://127.0.0.1:1/', intervall: 5s}}\n", "servers: [\n", "")


def reload_and_see(world, deed, said):
    """True when the aggregator has taken notice."""
    actor = world["aggregator"]
    with actor.lock:
        deadline = time.monotonic() + 20
        while not started(world):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        before = actor.err().count(said)
        deed()
        world.reload()
        while actor.err().count(said) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        return actor.err().count(said) > before


@fault("configuration", weight=4)
def target_comes_and_goes(world, dice, entry):
    entry.kind = "target_added"
    guest = dice.choice([g for g in t.GUEST_LIST if g.key not in world.servers])
    entry.path = guest.path

    def add():
        world.servers[guest.key] = guest
        world.write_config()
        configured.begin = time.time()  # a fault of the aggregator's may have kept us waiting

    def remove():
        del world.servers[guest.key]
        world.write_config()

    configured = world.chronicle.begin("configured", path=guest.path)
    if not reload_and_see(world, add, "reloaded: "):
        entry.words = "no sign of it"
    yield dice.uniform(2, 20)
    removal = world.chronicle.begin("target_removed", path=guest.path)
    world.chronicle.count("target_removed")
    reload_and_see(world, remove, "reloaded: ")
    world.chronicle.end(configured)
    world.chronicle.end(removal)


@fault("configuration")
def bad_configuration(world, dice, entry):
    path = world.folder / "aggregator.yaml"
    with world["aggregator"].lock:  # nobody starts it with such a file
        good = path.read_text()
        reload_and_see(world, lambda: path.write_text(dice.choice(BAD_FILES)), "not reloaded")
        yield dice.uniform(0, 1)
        path.write_text(good)
