"""Whether a recording, decided again, comes to what the journal holds."""

import subprocess

from harness import BIN


def replayed(path):
    """Events as JSON lines."""
    out = subprocess.run([f"{BIN}/stalewatch-aggregator", "--replay", path], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return out.stdout.splitlines()


def journaled_lines(path):
    out = subprocess.run([f"{BIN}/stalewatch", "replay", "--json", "--journal", path], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return out.stdout.splitlines()
