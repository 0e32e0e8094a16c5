"""What the aggregator decided in its last two runs is decided again from their recordings, byte for byte."""

import json

from difference import Difference
from recording import journaled_lines, replayed


def seq_of(line):
    return json.loads(line)["seq"]


def recordings(world):
    """What each came to again, the older one first."""
    return [replayed(path) for path in (world.recording.with_suffix(".recording.1"), world.recording) if path.exists()]


def check_recordings(world):
    journal = {seq_of(line): line for line in journaled_lines(world.disk / "journal.sqlite")}
    runs = recordings(world)
    if not runs or not runs[-1]:
        yield Difference("recording", "there is none, or nothing in it")
        return
    firsts = [seq_of(run[0]) for run in runs if run] + [max(journal) + 1]
    for run, after in zip(filter(None, runs), firsts[1:]):
        # One that was killed may have decided what nobody got, and what came last may be in no recording.
        of_run = [line for line in run if seq_of(line) < after]
        wrong = [line for line in of_run if journal.get(seq_of(line)) != line]
        if wrong:
            yield Difference("recording", f"{len(wrong)} events are others when they are decided again: {wrong[0]} "
                                          f"instead of {journal.get(seq_of(wrong[0]))}")
    if seq_of(runs[-1][-1]) != max(journal):
        yield Difference("recording", f"it ends at event {seq_of(runs[-1][-1])}, the journal at {max(journal)}")
