"""What a run came to."""

from check_recording import check_recordings
from difference import Difference
from evidence import gather
from oracle import differences, told

COLUMNS = 3


def report(world, settled, lane_errors, options):
    """Prints the counts and every kind of difference; true when there was none."""
    cut, trouble = settled
    evidence = gather(world, cut)
    evidence.save(world.folder / "evidence.json")
    found, episodes, judged = differences(evidence)
    found += check_recordings(world)
    found += [Difference("settling", words) for words in trouble]
    found += [Difference("harness", words) for words in lane_errors]
    if evidence.answers_forgotten:
        found.append(Difference("harness", f"the mock's log forgot {evidence.answers_forgotten} answers"))
    table(evidence.done)
    posted = [call for call in evidence.calls if call.posted]
    print(f"chaos: answers {len(evidence.answers)}, rows {len(evidence.rows)}, events {len(evidence.events)}, "
          f"episodes {len(episodes)} (told {sum(1 for e in episodes if e.told)}), "
          f"reminders {sum(len(e.reminders) for e in episodes)}, terminal lines {len(evidence.terminal)}, "
          f"chat calls {len(evidence.calls)} (posted {len(posted)}), starts {evidence.starts}, "
          f"peak memory {max(evidence.peaks.values()) >> 20} MiB")
    print("chaos: told because they had to be: " + ", ".join(f"{what} {count}" for what, count in sorted(judged.items())))
    if found:
        (world.folder / "differences.txt").write_text(told(found, evidence, len(found)))
        print(told(found, evidence))
    print(f"chaos: seed {options.seed}: {sum(evidence.done.values())} faults, {len(found)} differences", flush=True)
    return not found


def table(done):
    cells = [f"{kind:<28}{count:>5}" for kind, count in sorted(done.items())]
    for n in range(0, len(cells), COLUMNS):
        print("  " + "   ".join(cells[n:n + COLUMNS]))
