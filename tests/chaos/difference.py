"""A difference between what was promised and what was seen, and how a person reads it."""

import datetime
from dataclasses import dataclass

AROUND = 4.0  # seconds before and after that are shown


@dataclass
class Difference:
    rule: str
    text: str
    target: str = ""
    when: float | None = None  # wall clock


def clock(instant):
    return datetime.datetime.fromtimestamp(instant, datetime.timezone.utc).strftime("%H:%M:%S.%f")[:-3]


def of_us(us):
    return "-" if us is None else datetime.datetime.fromtimestamp(us // 1_000_000, datetime.timezone.utc).strftime(
        "%H:%M:%S") + f".{us % 1_000_000:06d}"


def event_line(e):
    flags = " ".join(name for name in ("inhibited", "announced", "late", "notify") if e[name])
    return (f"#{e['seq']} {e['kind']} {e['server'] or e['name']} episode={e['episode']} at={of_us(e['at_us'])} "
            f"decided={of_us(e['decided_at_us'])} computed={of_us(e['computed_at_us'])} prober={e['prober']} "
            f"repeat={e['repeat_number']} {flags}")


def explain(difference, evidence):
    """The difference, and what was around it: faults, answers, events."""
    lines = [f"DIFFERENCE {difference.rule}: {difference.target} {difference.text}"]
    if difference.when is None:
        return "\n".join(lines)
    begin, end = difference.when - AROUND, difference.when + AROUND
    lines.append(f"  at {clock(difference.when)} (UTC). Around it the harness did:")
    lines += [f"    {clock(e.begin)} .. {clock(e.end) if e.end < 1e12 else 'the end'} {e.kind} {e.who}{e.path} {e.words}".rstrip()
              for e in evidence.entries if e.overlaps(begin, end) and e.kind != "configured"]
    if difference.target:
        lines.append("  its answers:")
        lines += [f"    n={a.n} at {clock(a.at)} sent {clock(a.sent)} status {a.status} computed {of_us(a.computed_us)}"
                  for a in evidence.answers if a.path == "/" + difference.target and begin <= a.sent <= end]
    lines.append("  its events, and those of the system:")
    lines += ["    " + event_line(e) for e in evidence.events
              if e["server"] in (difference.target, "") and begin <= e["decided_at_us"] / 1e6 <= end]
    return "\n".join(lines)
