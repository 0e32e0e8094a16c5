"""All that the oracle may read: what the mock sent, what was ordered, and what the system said, in one file."""

import dataclasses
import json
import re
from dataclasses import dataclass, field
from datetime import datetime

from chronicle import Entry

EVENT_COLUMNS = ("journal_id", "seq", "episode", "kind", "server", "name", "at_us", "decided_at_us", "observed_at_us",
                 "computed_at_us", "previous_computed_at_us", "since_us", "prober", "inhibited", "announced", "late",
                 "notify", "repeat_number", "reason", "detail")
ROW_COLUMNS = ("journal_id", "seq", "server", "computed_at_us", "previous_computed_at_us", "observed_at_us", "late")
TEXTS = {"journal_id", "kind", "server", "name", "prober", "reason", "detail"}
NUMBERED = re.compile(r"#(\d+)")


@dataclass
class Answer:
    """One that went out whole, as the mock logged it."""
    n: int
    path: str
    at: float
    sent: float
    status: int
    computed_us: int | None
    client: str


@dataclass
class Call:
    """One of the webhook."""
    at: float
    status: int
    posted: bool
    numbers: list
    text: str


@dataclass
class Evidence:
    events: list = field(default_factory=list)  # dictionaries by EVENT_COLUMNS
    rows: list = field(default_factory=list)
    terminal: list = field(default_factory=list)  # JSON objects
    log: list = field(default_factory=list)  # (seq or None, line)
    calls: list = field(default_factory=list)
    calls_forgotten: int = 0
    answers: list = field(default_factory=list)
    answers_forgotten: int = 0
    entries: list = field(default_factory=list)  # the chronicle's
    done: dict = field(default_factory=dict)
    began: float = 0.0
    cut: float = 0.0  # all that happened until then has to be told by now
    odd: list = field(default_factory=list)  # processes that ended by themselves, words of a crash
    starts: dict = field(default_factory=dict)
    peaks: dict = field(default_factory=dict)  # bytes of memory that each process used at most since its last start

    def save(self, path):
        path.write_text(json.dumps(dataclasses.asdict(self)))


def load(path):
    evidence = Evidence(**json.loads(path.read_text()))
    for name, kind in (("answers", Answer), ("calls", Call), ("entries", Entry)):
        setattr(evidence, name, [kind(**one) for one in getattr(evidence, name)])
    return evidence


def instant_us(text):
    """Microseconds since the epoch, exactly: a float of them would lose the last digit."""
    whole = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(whole.replace(microsecond=0).timestamp()) * 1_000_000 + whole.microsecond


def instant(text):
    return instant_us(text) / 1e6


def answer_of(line):
    return Answer(line["n"], line["path"], instant(line["at"]), instant(line["sent_at"]), line["status"],
                  line["computed_at"] and instant_us(line["computed_at"]), line["client"])


def call_of(call):
    body = call["body"] or {}
    text = "\n".join([str(body.get("text", ""))] + [str(a.get("text", "")) for a in body.get("attachments", [])])
    return Call(instant(call["at"]), call["status"], call["posted"], [int(n) for n in NUMBERED.findall(text)], text)


def rows_of(database, table, columns):
    """Nothing while the recorder has not made its tables."""
    for_sql = ", ".join(f"REPLACE({c}, '\\n', ' ')" if c == "detail" else c for c in columns)
    found = database.query(f"SELECT {for_sql} FROM {table} ORDER BY journal_id, seq")
    return [{c: (None if v == "NULL" else v if c in TEXTS else int(v)) for c, v in zip(columns, row, strict=True)}
            for row in found]


def events_of(world):
    return rows_of(world.database, "chaos_events", EVENT_COLUMNS)


def log_lines(text):
    """A line that a kill cut short is followed by the next on the same line: the last number counts."""
    lines = []
    for line in text.splitlines():
        numbers = re.findall(r"#(\d+)$", line)
        lines.append((int(numbers[-1]) if numbers else None, line))
    return lines


CRASHES = ("terminate called", "Assertion", "Sanitizer", "Segmentation", "stack smashing", "free():", "malloc():")


def gather(world, cut):
    received = json.loads(world.webhook.request("/hooks/received"))
    chronicle = world.chronicle
    odd = []
    for name, actor in world.actors.items():
        odd += [f"{name} {end}" for end in actor.odd_ends]
        odd += [f"{name}: {line}" for line in actor.err().splitlines() if any(word in line for word in CRASHES)]
    return Evidence(
        events=events_of(world), rows=rows_of(world.database, "chaos", ROW_COLUMNS),
        terminal=world["notifier"].json_lines(), log=log_lines(world.log_text()),
        calls=[call_of(call) for call in received["received"]], calls_forgotten=received["dropped"],
        answers=[answer_of(line) for line in world.answers], answers_forgotten=world.answers_forgotten,
        entries=chronicle.entries, done=dict(chronicle.done), began=chronicle.began, cut=cut, odd=odd,
        starts={name: actor.starts for name, actor in world.actors.items()}, peaks=world.peaks)
