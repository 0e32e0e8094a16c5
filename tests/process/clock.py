"""A wall clock of a process' own, which can be stepped while it runs; the monotonic one is the machine's."""

import os

LIBFAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class Clock:
    def __init__(self, path):
        self.path = path
        self.set(0)

    def environment(self):
        """What the process has to be started with."""
        return {**os.environ, "LD_PRELOAD": LIBFAKETIME, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_TIMESTAMP_FILE": str(self.path), "FAKETIME_CACHE_DURATION": "1", "NO_FAKE_STAT": "1"}

    def set(self, seconds):
        """It is off by so much, within about a second."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self.path)
