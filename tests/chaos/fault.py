"""What a fault is: one small function that breaks something and puts it right again.

Each is a generator: it breaks something, yields for how many seconds to leave it so, and puts it right. What it `disturbs`
is what the oracle has to be lenient about meanwhile: "samples" (what probers see may reach the aggregator late), "probes"
(what targets send may not be seen by the prober).
"""

import contextlib
import time
from dataclasses import dataclass
from typing import Callable

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


def started(world):
    """The aggregator has come up since its last start: earlier, SIGHUP would end it."""
    actor = world["aggregator"]
    return " started targets=" in actor.err()[actor.said_before:]
