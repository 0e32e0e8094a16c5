"""Real database servers in directories of their own, on free ports of the loopback, for tests."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from free_port import free_port

IS_ROOT = os.getuid() == 0
PATIENCE = 60  # seconds; a loaded machine starts servers slowly


class Missing(Exception):
    """A server that is not installed."""


def wait_until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s for: {what() if callable(what) else what}")
        time.sleep(0.05)


def descendants(pid):
    """The processes that a server started, itself included."""
    found = [pid]
    for parent in found:
        for tasks in glob.glob(f"/proc/{parent}/task/*/children"):
            try:
                found += [int(child) for child in pathlib.Path(tasks).read_text().split()]
            except OSError:
                pass
    return found


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stdout}")
    return done.stdout


class Server:
    """A server process. `away` is sudden, as a power cut; `back` starts it on the same data."""

    engine = ""
    user = "recorder"
    password = "p'w\\x #1"
    options = ()  # more of the server's command line

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"stalewatch-{self.engine}-"))
        self.directory.chmod(0o755)
        self.port = free_port()
        self.process = None
        self.environment = dict(os.environ)
        self.log = open(self.directory / "log", "wb")

    def start(self):
        self.process = subprocess.Popen([str(word) for word in self.command()], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env=self.environment)
        wait_until(self.answers, lambda: f"{self.engine}:\n{(self.directory / 'log').read_text(errors='replace')[-3000:]}")

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.engine} ended:\n{(self.directory / 'log').read_text(errors='replace')[-3000:]}")
        try:
            return self.admin("SELECT 1") == [["1"]]
        except RuntimeError:
            return False

    def away(self):
        for pid in descendants(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def back(self):
        self.start()

    def freeze(self):
        for pid in descendants(self.process.pid):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in descendants(self.process.pid):
            os.kill(pid, signal.SIGCONT)

    def close(self):
        if self.process and self.process.poll() is None:
            self.away()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def credentials(self, table, **changes):
        values = {"engine": self.engine, "address": f"127.0.0.1:{self.port}", "username": self.user,
                  "password": self.password, "db": "stalewatch", "table": table}
        return {**values, **changes}

    def query(self, sql):
        return self.admin(sql, "stalewatch")


class MySqlLike(Server):
    tls_of_admin = ("--skip-ssl",)

    def prepare(self):
        self.start()
        self.admin("CREATE DATABASE stalewatch")
        escaped = self.password.replace("\\", "\\\\").replace("'", "''")
        self.admin(f"CREATE USER '{self.user}'@localhost IDENTIFIED BY '{escaped}'")
        self.admin(f"GRANT ALL ON stalewatch.* TO '{self.user}'@localhost")

    def admin(self, sql, database="mysql"):
        out = run("mariadb", "--no-defaults", *self.tls_of_admin, "-h", "127.0.0.1", "-P", self.port, "-u", "root", "-N", "-B",
                  "--default-character-set=utf8mb4", "-e", sql, database)
        return [line.split("\t") for line in out.splitlines()]


class MariaDb(MySqlLike):
    engine = "mariadb"

    def __init__(self):
        if not shutil.which("mariadbd", path=os.environ["PATH"] + ":/usr/sbin"):
            raise Missing("mariadb-server is not installed")
        super().__init__()
        self.data = self.directory / "data"
        # One that starts removes the temporary tables that lie in its TMPDIR: those of others, if it were shared.
        temporary = self.directory / "tmp"
        temporary.mkdir()
        self.environment["TMPDIR"] = str(temporary)
        user = ["--user=root"] if IS_ROOT else []
        run("mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--skip-test-db",
            "--auth-root-authentication-method=normal", *user, env=self.environment)
        self.prepare()

    def command(self):
        user = ["--user=root"] if IS_ROOT else []
        return [shutil.which("mariadbd", path=os.environ["PATH"] + ":/usr/sbin"), "--no-defaults",
                f"--datadir={self.data}", f"--socket={self.directory}/socket", f"--port={self.port}",
                "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=2", *user, *self.options]


class MySql(MySqlLike):
    engine = "mysql"
    sandbox = ROOT / "scripts" / "mysql-sandbox"

    def __init__(self):
        try:
            if os.environ.get("STALEWATCH_TEST_MYSQL"):
                subprocess.run([self.sandbox, "prepare"], check=True, stdin=subprocess.DEVNULL)
            run(self.sandbox, "path")
        except RuntimeError as e:
            raise Missing(str(e)) from e
        super().__init__()
        self.name = self.directory.name
        run(self.sandbox, "init", self.name)
        self.prepare()

    def command(self):
        return [self.sandbox, "run", self.name, self.port, *self.options]

    def close(self):
        super().close()
        run(self.sandbox, "remove", self.name)


class PostgreSql(Server):
    engine = "postgresql"

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise Missing("postgresql is not installed")
        self.bin = pathlib.Path(found[-1])
        # PostgreSQL refuses to run as root.
        self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if IS_ROOT else []
        super().__init__()
        self.data = self.directory / "data"
        self.data.mkdir()
        secret = self.directory / "password"
        secret.write_text("admin")
        if IS_ROOT:
            owner = pwd.getpwnam("postgres")
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
        run(*self.as_user, self.bin / "initdb", "-D", self.data, "-U", "admin", "--auth=scram-sha-256",
            f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", cwd="/")
        self.start()
        self.admin("CREATE DATABASE stalewatch")
        doubled = self.password.replace("'", "''")
        self.admin(f"CREATE ROLE {self.user} LOGIN PASSWORD '{doubled}'")
        self.admin(f"GRANT ALL ON SCHEMA public TO {self.user}", "stalewatch")

    def command(self):
        return [*self.as_user, self.bin / "postgres", "-D", self.data, "-p", self.port, "-c",
                "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", *self.options]

    def admin(self, sql, database="postgres"):
        out = run(self.bin / "psql", "-X", "-h", "127.0.0.1", "-p", self.port, "-U", "admin", "-d", database, "-At",
                  "-F", "\t", "-c", sql, env={**os.environ, "PGPASSWORD": "admin", "PGCONNECT_TIMEOUT": "5"}, cwd="/")
        return [line.split("\t") for line in out.splitlines()]


class Sqlite:
    """A file. It is away, or hangs, while another process holds its lock."""

    engine = "sqlite"

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="stalewatch-sqlite-"))
        self.file = self.directory / "a folder" / "rows.sqlite"
        self.lock = None

    def away(self):
        self.file.parent.mkdir(exist_ok=True)
        self.lock = sqlite3.connect(self.file, isolation_level=None, timeout=PATIENCE)
        self.lock.execute("BEGIN EXCLUSIVE")

    def back(self):
        self.lock.rollback()
        self.lock.close()

    freeze = away
    thaw = back

    def close(self):
        shutil.rmtree(self.directory)

    def credentials(self, table, **changes):
        return {"engine": "sqlite", "db": str(self.file), "table": table, **changes}

    def query(self, sql):
        self.file.parent.mkdir(exist_ok=True)
        with sqlite3.connect(self.file, timeout=PATIENCE) as connection:
            rows = connection.execute(sql).fetchall()
        connection.close()
        return [["NULL" if value is None else str(value) for value in row] for row in rows]


ENGINES = {"sqlite": Sqlite, "mariadb": MariaDb, "mysql": MySql, "postgresql": PostgreSql}
