"""What the harness itself did, and when: the faults, the outages it ordered, the target list. Wall-clock seconds."""

import collections
import contextlib
import threading
import time
from dataclasses import dataclass, field

STALL_LOOK = 0.05  # seconds between two looks at whether the machine lets us run
STALL = 0.4  # a look that comes later than this means that everybody stood still


@dataclass
class Entry:
    kind: str
    begin: float
    end: float = float("inf")
    disturbs: tuple = ()  # "samples": what probers see may not reach the aggregator, or not be decided at once
    path: str = ""  # of a target
    who: str = ""  # a process
    words: str = ""

    def overlaps(self, begin, end):
        return self.begin <= end and begin <= self.end


@dataclass
class Chronicle:
    entries: list = field(default_factory=list)
    done: collections.Counter = field(default_factory=collections.Counter)
    began: float = field(default_factory=time.time)

    def __post_init__(self):
        self._lock = threading.Lock()
        self._watching = threading.Event()
        threading.Thread(target=self._watch_machine, daemon=True).start()

    def begin(self, kind, **words):
        entry = Entry(kind, time.time(), **words)
        with self._lock:
            self.entries.append(entry)
        return entry

    def end(self, entry):
        entry.end = time.time()

    def count(self, kind, times=1):
        with self._lock:
            self.done[kind] += times

    @contextlib.contextmanager
    def window(self, kind, **words):
        entry = self.begin(kind, **words)
        try:
            yield entry
        finally:
            self.end(entry)

    def of(self, *kinds, path=None):
        with self._lock:
            return [e for e in self.entries if e.kind in kinds and (path is None or e.path in ("", path))]

    def disturbances(self, what):
        with self._lock:
            return [e for e in self.entries if what in e.disturbs]

    def around(self, begin, end):
        """The faults near an instant, as lines for people."""
        with self._lock:
            near = [e for e in self.entries if e.overlaps(begin, end)]
        return [f"{self.clock(e.begin)}..{self.clock(e.end)} {e.kind} {e.who}{e.path} {e.words}".rstrip() for e in near]

    def clock(self, instant):
        """Seconds since the run began: what people compare."""
        return "open" if instant == float("inf") else f"{instant - self.began:.3f}"

    def _watch_machine(self):
        before = time.time()
        while not self._watching.wait(STALL_LOOK):
            now = time.time()
            if now - before > STALL_LOOK + STALL:
                with self._lock:
                    self.entries.append(Entry("machine_stalled", before, now, ("samples", "probes")))
            before = now

    def close(self):
        self._watching.set()
