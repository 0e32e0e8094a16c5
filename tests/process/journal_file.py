"""What the journal's file holds, and whether all that the notifier told of it is there."""

import json
import pathlib
import shutil
import sqlite3
import subprocess

from chain import wait_for_more_rows
from harness import BIN, wait_for


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


def copy_and_go_on(system):
    """The journal as it is now is copied, and gone on with; how many events the copy holds."""
    wait_for_more_rows(system)
    assert system.aggregator.stop() == 0
    copy_journal(system.folder, system.folder / "copy")
    copied = len(journaled(system))
    system.aggregator.start()
    wait_for_more_rows(system)
    return copied


def put_copy_back(system, with_lock):
    """In the journal's place; the sources of events are stopped then, the consumers have all."""
    for name in ("aggregator", "prober"):
        assert system.processes[name].stop() == 0
    wait_for(lambda: len(system.recorded()) >= len(journaled(system)), system.trouble)
    for path in system.folder.glob("journal.sqlite*"):
        if not with_lock or path.suffix != ".lock":
            path.unlink()
    copy_journal(system.folder / "copy", system.folder)
