"""Between a sample and a decision: aggregator, probers, their links, the journal's disk. One at a time, with calm in
between; and the clocks of all processes."""

import contextlib
import os
import threading
import time

from fault import fault, started, taken
from world import PROBERS, quiet

PATIENCE = 200  # looks, a tenth of a second apart, for the aggregator's start


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
        yield dice.choice((dice.uniform(0, 3), dice.uniform(0, 6), dice.uniform(20, 30)))


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
def prober_held_and_cut(world, dice, entry):
    """What is under way is lost with the connection; what comes behind it gets through at once."""
    entry.who = dice.choice(PROBERS)
    for _ in range(dice.randint(1, 4)):
        world.links[entry.who].all("hold")
        yield dice.uniform(0.2, 2)
        world.links[entry.who].all("drop")
        world.links[entry.who].all("release")
        yield dice.uniform(0.2, 1)


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
            free = os.statvfs(world.disk)
            with contextlib.suppress(OSError):  # most of it at once; a disk has a little less than it says
                os.posix_fallocate(ballast.fileno(), 0, free.f_bavail * free.f_frsize * 99 // 100)
            ballast.seek(0, os.SEEK_END)
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


# Clocks.

@fault("clocks")
def aggregator_clock_stepped(world, dice, entry):
    """While it runs. A clock that is wrong when it starts is believed: nobody is there who knows better."""
    actor = world["aggregator"]
    with taken(actor, entry):
        for _ in range(PATIENCE):
            if not started(world):
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
