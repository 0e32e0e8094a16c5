"""What the journal's file holds, and whether all that the notifier told of it is there."""

import json
import pathlib
import shutil
import sqlite3
import subprocess

from harness import BIN


def assert_told_without_holes(system):
    """From the first update on: what is open at a first start is told before, and may be older."""
    first = system.told(None, "updated")[0]["seq"]
    numbers = [event["seq"] for event in system.told() if event["seq"] >= first]
    assert numbers == list(range(first, first + len(numbers)))


def journal_query(system, sql):
    """Rows of the journal; none while there is no journal yet."""
    if not pathlib.Path(system.config["journal"]["path"]).exists():
        return []
    with sqlite3.connect(f"file:{system.config['journal']['path']}?mode=ro", uri=True, timeout=10) as connection:
        rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


def journaled(system):
    """Every event that the journal's file holds."""
    out = subprocess.run([f"{BIN}/stalewatch", "replay", "--json", "--journal", system.folder / "journal.sqlite"],
                         capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def copy_journal(source, destination):
    destination.mkdir(exist_ok=True)
    for path in source.glob("journal.sqlite*"):
        if path.suffix in (".sqlite", ".sqlite-wal"):
            shutil.copy(path, destination)
