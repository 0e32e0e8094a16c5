"""What goes wrong: one small function per kind of fault.

Each is a generator: it breaks something, yields for how many seconds to leave it so, and puts it right again. What it
`disturbs` is what the oracle has to be lenient about meanwhile: "samples" (what probers see may reach the aggregator late).
"""

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from typing import Callable

import targets as t
from world import HOOK, PROBERS, quiet

REGISTRY = []


@dataclass(frozen=True)
class Fault:
    name: str
    lane: str
    act: Callable
    disturbs: tuple
    weight: int
    needs_root: bool


def fault(lane, *disturbs, weight=1, needs_root=False):
    def register(act):
        REGISTRY.append(Fault(act.__name__, lane, act, disturbs, weight, needs_root))
        return act
    return register


@contextlib.contextmanager
def taken(actor, entry):
    """The process is ours alone; the fault begins only now."""
    with actor.lock:
        entry.begin = time.time()
        yield


# The chain from a sample to a decision: one at a time, with calm in between.

@fault("chain", "samples", weight=3)
def aggregator_killed(world, dice, entry):
    """Several times in a row, at any moment of a commit; each start lives for a moment under full load."""
    actor = world["aggregator"]
    with taken(actor, entry):
        lives = dice.randint(1, 5)
        for life in range(lives):
            with actor.away():
                actor.kill()
                yield dice.choice((0.0, 0.0, dice.uniform(0, 4)))
            world.chronicle.count(entry.kind, life > 0)
            if life + 1 < lives:
                yield dice.uniform(0.02, 1.5)


@fault("chain", "samples")
def aggregator_terminated(world, dice, entry):
    with taken(world["aggregator"], entry), world["aggregator"].away():
        world["aggregator"].end()
        yield dice.uniform(0, 6)


@fault("chain", "samples")
def aggregator_stopped(world, dice, entry):
    with taken(world["aggregator"], entry):
        world["aggregator"].freeze()
        yield dice.choice((dice.uniform(0.2, 3), dice.uniform(3, 9), dice.uniform(16, 18)))
        world["aggregator"].thaw()


def some_prober(world, dice, entry):
    entry.who = dice.choice(PROBERS)
    return world[f"prober-{entry.who}"]


@fault("chain", "samples")
def prober_killed(world, dice, entry):
    actor = some_prober(world, dice, entry)
    with taken(actor, entry), actor.away():
        actor.kill()
        yield dice.uniform(0, 4)


@fault("chain", "samples", "probes")
def prober_terminated(world, dice, entry):
    actor = some_prober(world, dice, entry)
    with taken(actor, entry), actor.away():
        actor.end()
        yield dice.uniform(0, 4)


@fault("chain", "samples", "probes")
def prober_stopped(world, dice, entry):
    actor = some_prober(world, dice, entry)
    with taken(actor, entry):
        actor.freeze()
        yield dice.uniform(0.2, 5)
        actor.thaw()


@fault("chain", "samples")
def prober_with_wrong_clock(world, dice, entry):
    """It starts on a host whose clock is an hour off, and that is put right while it runs."""
    actor = some_prober(world, dice, entry)
    with taken(actor, entry):
        with actor.away():
            actor.kill()
            actor.set_clock(dice.choice((-3600, 3600)))
            yield 0
        yield dice.uniform(2, 5)
        actor.set_clock(0)


@fault("chain", "samples")
def prober_cut(world, dice, entry):
    entry.who = dice.choice(PROBERS)
    world.links[entry.who].all("cut")
    yield dice.uniform(0.3, 8)
    world.links[entry.who].all("mend")


@fault("chain", "samples")
def prober_held(world, dice, entry):
    """Packets vanish for a while; the connections stay."""
    entry.who = dice.choice(PROBERS)
    world.links[entry.who].all("hold")
    yield dice.uniform(0.3, 8)
    world.links[entry.who].all("release")


@fault("chain", "samples")
def prober_delayed(world, dice, entry):
    entry.who = dice.choice(PROBERS)
    world.links[entry.who].delay(dice.uniform(0.1, 0.6))
    yield dice.uniform(1, 5)
    world.links[entry.who].delay(0)


@fault("chain", "samples", "probes", needs_root=True)
def far_link_down(world, dice, entry):
    entry.who = "far"
    quiet("ip", "-n", "far", "link", "set", "far", "down")
    yield dice.uniform(0.5, 6)
    quiet("ip", "-n", "far", "link", "set", "far", "up")


@fault("chain", "samples", needs_root=True)
def prober_killed_while_cut(world, dice, entry):
    """What it had in its hands dies with it, and has to be told."""
    actor = some_prober(world, dice, entry)
    with taken(actor, entry):
        world.links[entry.who].all("cut")
        yield dice.uniform(0.5, 4)
        with actor.away():
            actor.kill()
            yield dice.uniform(0, 2)
        world.links[entry.who].all("mend")


@fault("chain", "samples", needs_root=True)
def journal_disk_full(world, dice, entry):
    stop = threading.Event()

    def fill():
        with open(world.disk / "ballast", "wb", buffering=0) as ballast:
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    while not stop.is_set():
                        ballast.write(bytes(1 << 16))
                with contextlib.suppress(OSError):
                    ballast.write(bytes(512))
                stop.wait(0.05)

    thread = threading.Thread(target=fill)
    thread.start()
    yield dice.uniform(1, 6)
    stop.set()
    thread.join()
    os.unlink(world.disk / "ballast")


# Consumers.

def killed(name):
    def act(world, dice, entry):
        actor = world[name]
        with taken(actor, entry):
            times = dice.choice((1, 1, 6))
            for life in range(times):
                with actor.away():
                    actor.kill()
                    yield dice.choice((0.0, dice.uniform(0, 3)))
                world.chronicle.count(entry.kind, life > 0)
                if life + 1 < times:
                    yield dice.uniform(0.1, 0.8)
    return act


def terminated(name):
    def act(world, dice, entry):
        with taken(world[name], entry), world[name].away():
            world[name].end()
            yield dice.uniform(0, 4)
    return act


def stopped(name):
    def act(world, dice, entry):
        with taken(world[name], entry):
            world[name].freeze()
            yield dice.uniform(0.2, 6)
            world[name].thaw()
    return act


def on_link(name, break_it, mend):
    def act(world, dice, entry):
        world.links[name].all(break_it)
        yield dice.uniform(0.3, 8)
        world.links[name].all(mend)
    return act


def delayed(name):
    def act(world, dice, entry):
        world.links[name].delay(dice.uniform(0.1, 0.8))
        yield dice.uniform(1, 5)
        world.links[name].delay(0)
    return act


for consumer in ("notifier", "recorder"):
    for word, act in (("killed", killed(consumer)), ("terminated", terminated(consumer)), ("stopped", stopped(consumer)),
                      ("cut", on_link(consumer, "cut", "mend")), ("held", on_link(consumer, "hold", "release")),
                      ("delayed", delayed(consumer))):
        act.__name__ = f"{consumer}_{word}"
        fault(consumer)(act)


# Clocks.

@fault("clocks")
def aggregator_clock_stepped(world, dice, entry):
    """While it runs. A clock that is wrong when it starts is believed: nobody is there who knows better."""
    actor = world["aggregator"]
    with taken(actor, entry):
        while not started(world):
            yield 0.1
        yield 1.0  # its main loop has looked at the clock
        entry.begin = time.time()
        actor.set_clock(dice.choice((-3600, 3600)))
        yield dice.uniform(3, 6)
        actor.set_clock(0)
        yield 2.0  # so long until the process surely sees it


def clock_stepped(name):
    def act(world, dice, entry):
        world[name].set_clock(dice.choice((-3600, 3600)))
        yield dice.uniform(2, 6)
        world[name].set_clock(0)
    return act


for name in ("prober-near", "prober-far", "notifier", "recorder"):
    act = clock_stepped(name)
    act.__name__ = name.partition("-")[0] + "_clock_stepped"
    fault("clocks")(act)


# The database.

@fault("database")
def database_killed(world, dice, entry):
    world.database.away()
    yield dice.uniform(0, 5)
    world.database.back()


@fault("database")
def database_stopped(world, dice, entry):
    world.database.freeze()
    yield dice.uniform(0.5, 8)
    world.database.thaw()


@fault("database")
def database_read_only(world, dice, entry):
    world.database.admin("SET GLOBAL read_only = 1")
    yield dice.uniform(0.5, 6)
    world.database.admin("SET GLOBAL read_only = 0")


@fault("database")
def database_locked(world, dice, entry):
    seconds = dice.uniform(0.5, 6)
    holder = threading.Thread(target=lambda: world.database.admin(
        f"LOCK TABLES chaos WRITE, chaos_events WRITE, chaos_meta WRITE; SELECT SLEEP({seconds:.3f})", "stalewatch"))
    holder.start()
    yield seconds
    holder.join()


@fault("database", weight=2)
def database_cut(world, dice, entry):
    """Connections break again and again, some of them within a COMMIT."""
    for _ in range(dice.randint(1, 30)):
        world.database_proxy.drop()
        yield dice.uniform(0.0, 0.3)


@fault("database")
def database_delayed_and_cut(world, dice, entry):
    """The answer to a COMMIT is under way when the connection breaks."""
    world.database_proxy.delay = dice.uniform(0.01, 0.1)
    for _ in range(dice.randint(1, 10)):
        yield dice.uniform(0.1, 0.6)
        world.database_proxy.drop()
    world.database_proxy.delay = 0


# Rocket.Chat.

def hook_mode(mode, **words):
    def act(world, dice, entry):
        world.webhook.tell("/hooks", mode, **words)
        yield dice.uniform(2, 9)
        world.webhook.tell("/hooks", "ok")
    return act


for name, mode in (("500", "status:500"), ("hangs", "hang"), ("without_success", "success_false"), ("resets", "reset"),
                   ("refuses", "refuse")):
    act = hook_mode(mode)
    act.__name__ = f"webhook_{name}"
    fault("webhook")(act)


@fault("webhook")
def webhook_limits(world, dice, entry):
    world.webhook.control(hook_rate="1/4s")
    yield dice.uniform(4, 12)
    world.webhook.control(hook_rate="off")


# Targets.

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


def started(world):
    """The aggregator has come up since its last start: earlier, SIGHUP would end it."""
    actor = world["aggregator"]
    return actor.err().count(" started targets=") >= actor.starts or not actor.running()


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
