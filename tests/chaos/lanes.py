"""When faults happen: each lane does one at a time, several lanes run beside each other."""

import random
import threading
import traceback

import faults_chain  # noqa: F401 (they register themselves)
import faults_consumers  # noqa: F401
import faults_targets  # noqa: F401
from fault import REGISTRY

# Seconds of calm between two faults of a lane. The chain needs more of it now and then: only in calm can it be judged
# what was not told, or late.
CALM = {"chain": ((0.5, 2.5), (9.0, 15.0)), "notifier": ((0.5, 3.0),), "recorder": ((0.5, 3.0),),
        "clocks": ((1.0, 4.0),), "database": ((1.0, 4.0),), "webhook": ((3.0, 7.0),), "targets": ((0.2, 1.5),),
        "configuration": ((0.5, 3.0),)}
WORKERS = {"targets": 2}


class Lane(threading.Thread):
    """Draws from a shuffled deck of its faults, so that each comes as often as its weight says."""

    def __init__(self, world, name, seed, only):
        super().__init__(daemon=True)
        self.world, self.lane = world, name.partition("#")[0]
        self.dice = random.Random(f"{seed} {name}")
        self.deck, self.end = [], threading.Event()
        self.kinds = [f for f in REGISTRY if f.lane == self.lane and (world.isolated or not f.needs_root)
                      and (not only or f.name in only)]
        self.error = None

    def draw(self):
        if not self.deck:
            self.deck = [kind for kind in self.kinds for _ in range(kind.weight)]
            self.dice.shuffle(self.deck)
        return self.deck.pop()

    def run(self):
        try:
            while self.kinds and not self.end.wait(self.dice.uniform(*self.dice.choice(CALM[self.lane]))):
                self.one(self.draw())
        except Exception:  # the harness itself is broken: that fails the run
            self.error = traceback.format_exc()

    def one(self, kind):
        with self.world.chronicle.window(kind.name, disturbs=kind.disturbs) as entry:
            steps = kind.act(self.world, self.dice, entry)
            for hold in steps:
                self.end.wait(hold)  # at the end of the run everything is put right at once
        self.world.chronicle.count(entry.kind)


class Lanes:
    def __init__(self, world, seed, only=()):
        names = [f"{lane}#{n}" for lane in CALM for n in range(WORKERS.get(lane, 1))]
        self.lanes = [Lane(world, name, seed, only) for name in names]

    def start(self):
        for lane in self.lanes:
            lane.start()

    def errors(self):
        return [lane.error for lane in self.lanes if lane.error]

    def stop(self):
        for lane in self.lanes:
            lane.end.set()
        for lane in self.lanes:
            lane.join(120)
            if lane.is_alive():
                lane.error = f"lane {lane.lane} hangs in a fault"
