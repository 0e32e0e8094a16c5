"""The recorder against databases that cannot write: their disk is full, or their file may not be changed."""

import contextlib
import pathlib
import tempfile

import pytest

from administrators import kill_sessions
from databases import IS_ROOT, MariaDb, run
from recorder_world import Recorder, any_event, begin, check_rows, refused


class SmallDisk:
    """A file system of its own that is easily filled; needs root."""

    def __init__(self, megabytes):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="stalewatch-disk-"))
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "none", self.path)
        self.balloon = self.path / "balloon"

    def fill(self):
        with open(self.balloon, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def relieve(self):
        self.balloon.unlink()

    def close(self):
        run("umount", "-l", self.path)
        self.path.rmdir()


@pytest.fixture
def small_disk():
    if not IS_ROOT:
        pytest.skip("NOT TESTED: only root can mount a small file system")
    made = []

    def make(megabytes):
        made.append(SmallDisk(megabytes))
        return made[-1]
    yield make
    for disk in made:
        disk.close()


def full_disk(recorder, aggregator, disk):
    source, process = begin(recorder, aggregator)
    disk.fill()
    refused(process, source, ["full", "disk", "No space left", "I/O error"], count=20_000)
    disk.relieve()
    check_rows(process, source)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_under_sqlite(recorder, aggregator, database, small_disk, monkeypatch):
    disk = small_disk(4 * 8)
    monkeypatch.setattr(database, "file", disk.path / "rows.sqlite")
    full_disk(recorder, aggregator, disk)


class MariaDbOnSmallDisk(MariaDb):
    def __init__(self, disk):
        self.disk = disk
        super().__init__()

    @property
    def data(self):
        return self.disk.path / "data"

    @data.setter
    def data(self, _):
        pass

    def command(self):
        return [*super().command()[:-1], "--innodb-log-file-size=8M", super().command()[-1]]


def test_a_full_disk_under_mariadb(tmp_path, aggregator, small_disk):
    disk = small_disk(220)
    database = MariaDbOnSmallDisk(disk)
    made = []
    try:
        def make(**changes):
            made.append(Recorder(tmp_path, database, **changes))
            return made[-1]
        full_disk(make, aggregator, disk)
    finally:
        for one in made:
            one.process.kill()
            one.process.wait()
        database.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_full_disk_under_postgresql(recorder, aggregator, database, small_disk):
    disk = small_disk(16)
    space = disk.path / "space"
    space.mkdir()
    run("chown", "postgres", space)
    database.admin(f"CREATE TABLESPACE small LOCATION '{space}'")
    database.admin("GRANT CREATE ON TABLESPACE small TO public")
    database.admin(f"ALTER ROLE {database.user} SET default_tablespace = small")
    try:
        full_disk(recorder, aggregator, disk)
    finally:
        database.admin(f"ALTER ROLE {database.user} RESET default_tablespace")
        kill_sessions(database)
        for name, in database.query("SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_tablespace t "
                                    "ON t.oid = c.reltablespace WHERE t.spcname = 'small' AND relkind = 'r'"):
            database.query(f"DROP TABLE IF EXISTS {name} CASCADE")
        database.admin("DROP TABLESPACE small")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_sqlite_file_that_may_not_be_written(recorder, aggregator, database):
    if not IS_ROOT:
        pytest.skip("NOT TESTED: the recorder has to run as somebody else than the file's owner")
    source, process = begin(recorder, aggregator)
    process.end()
    source.publish(*[any_event(n) for n in range(50, 80)])
    run("chattr", "+i", database.file)
    try:
        process.start()
        process.wait_for("the database's file cannot be opened, written or used")
    finally:
        run("chattr", "-i", database.file)
    check_rows(process, source)
