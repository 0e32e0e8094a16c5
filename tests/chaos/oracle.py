#!/usr/bin/python3
"""Compares what the system said with what happened. On its own: judges a kept run again, oracle.py FOLDER."""

import collections
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / name) for name in ("process", "recorder")]

import check_episodes
import check_problems
import check_rows
import check_sinks
import check_system
from difference import explain
from truth import Truth

SHOWN_PER_RULE = 4  # differences printed in full; all of them go to the file


def differences(evidence):
    truth = Truth(evidence)
    found, episodes = check_episodes.check(evidence, truth)
    found += check_rows.check(evidence, truth)
    found += check_problems.check(evidence, truth, episodes)
    found += check_system.check(evidence, truth)
    found += check_sinks.check(evidence, truth)
    return found, episodes, truth.judged


def told(found, evidence, limit=SHOWN_PER_RULE):
    """The differences as text, those of one rule up to a limit."""
    shown, lines = collections.Counter(), []
    for difference in found:
        shown[difference.rule] += 1
        if shown[difference.rule] <= limit:
            lines.append(explain(difference, evidence))
    lines += [f"{rule}: {count} differences, {limit} of them above" for rule, count in shown.items() if count > limit]
    return "\n".join(lines)


def main():
    from evidence import load
    evidence = load(pathlib.Path(sys.argv[1]) / "evidence.json")
    found, _, _ = differences(evidence)
    print(told(found, evidence) or "no differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
