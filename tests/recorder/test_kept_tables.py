"""Tables as earlier versions left them: this recorder goes on in them. tests/data/kept has them as SQL text."""

import os
import pathlib
import subprocess

import pytest

from recorder_world import any_event, check_rows

KEPT = pathlib.Path(__file__).parents[1] / "data" / "kept"


def load(database, path):
    if database.engine == "sqlite":
        import sqlite3
        database.file.parent.mkdir(exist_ok=True)
        with sqlite3.connect(database.file) as connection:
            connection.executescript(path.read_text())
        connection.close()
        return
    if database.engine == "postgresql":
        command = [database.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", database.port,
                   "-U", "admin", "-d", "stalewatch"]
    else:
        command = ["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", database.port, "-u", "root",
                   "--default-character-set=utf8mb4", "stalewatch"]
    done = subprocess.run(list(map(str, command)), input=path.read_text(), text=True, capture_output=True, timeout=60,
                          env={**os.environ, "PGPASSWORD": "admin"}, cwd="/")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("version", [1])
def test_tables_of_an_older_version_are_gone_on_with(recorder, aggregator, database, version):
    if database.engine == "mysql":
        pytest.skip("its tables are MariaDB's")
    load(database, KEPT / f"tables-{version}-{database.engine}.sql")
    source = aggregator(events=[{**any_event(n), "seq": n + 1} for n in range(8)])
    process = recorder(table="kept")
    kept = process.rows("seq, kind, server, detail", "_events")
    assert len(kept) == 6
    process.start()
    source.publish(*[any_event(n) for n in range(8, 30)])
    check_rows(process, source)
    assert process.rows("seq, kind, server, detail", "_events")[:6] == kept
    assert process.rows("computed_at", "_readable")[0] == ["2026-11-22 10:01:56.500001"]
