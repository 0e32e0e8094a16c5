"""What the journal's file holds, and whether all that the notifier told of it is there."""

import json
import subprocess

from harness import BIN


def assert_told_without_holes(system, first):
    numbers = [event["seq"] for event in system.told() if event["seq"] >= first]
    assert numbers == list(range(first, first + len(numbers)))


def journaled(system):
    """Every event that the journal's file holds."""
    out = subprocess.run([f"{BIN}/stalewatch", "replay", "--json", "--journal", system.folder / "journal.sqlite"],
                         capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]
