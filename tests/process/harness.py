"""Starts the real executables for tests, in a folder of their own and on free endpoints, and looks at what they do.

Nothing here sleeps for a fixed time: every wait is for a condition, with a generous deadline.
"""

import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from free_port import free_port  # for the tests, too

BIN = os.environ["STALEWATCH_BIN"]
DEADLINE = 60.0  # seconds; for a condition that is normally true within a few, also on a machine ten times as slow
CONSUMERS = ("notifier", "recorder")
PROCESSES = ("aggregator", "notifier", "recorder", "prober")
# Proxies of the machine's environment must not come between us and the loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_for(condition, explain=lambda: "", deadline=DEADLINE, pause=0.02):
    """Returns what `condition` returned as soon as that is true; looks every `pause` seconds."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"not within {deadline} s: {explain()}"
        time.sleep(pause)


def metrics(port):
    """What a process with --http on that port says of itself, by name and labels; nothing while it says nothing yet."""
    try:
        with OPENER.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[:1] != "#"]
    except urllib.error.URLError:
        return {}
    return {name: float(value) for name, value in lines}


def metric(port, name):
    """One of them; None while it is not told yet."""
    return metrics(port).get(name)


# What a process hears and does; the others are done to it.
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Process:
    """One executable; its stdout and stderr go to files beside its configuration."""

    def __init__(self, folder, name, *arguments, executable=None, **popen):
        self.name = name
        self.out_path = folder / f"{name}.out"
        self.err_path = folder / f"{name}.err"
        self.command = [f"{BIN}/{executable or 'stalewatch-' + name}", *map(str, arguments)]
        self.popen_arguments = {"cwd": folder, "stdin": subprocess.DEVNULL, **popen}
        self.popen = None
        self._lock = threading.Lock()
        self._read = 0  # bytes of stdout that are parsed already
        self._objects = []

    def start(self):
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.popen = subprocess.Popen(
                self.command, **{"stdout": out, "stderr": err, **self.popen_arguments})
        return self

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def send(self, number):
        if number in ASKING:
            wait_for(lambda: not self.running() or self.takes_signals(), self.err)
        self.popen.send_signal(number)

    def takes_signals(self):
        """Not before its main: until then a signal ends it as it ends any process."""
        status = pathlib.Path(f"/proc/{self.popen.pid}/status").read_text()
        masks = [int(status.split(f"{name}:")[1].split()[0], 16) for name in ("SigBlk", "SigCgt")]
        return any(mask >> signal.SIGTERM - 1 & 1 for mask in masks)

    def wait(self, deadline=DEADLINE):
        return self.popen.wait(deadline)

    def stop(self, number=signal.SIGTERM):
        """Ends it as a person would; the exit code."""
        self.send(number)
        return self.wait()

    def kill(self):
        """Ends it as a power cut would."""
        self.popen.kill()
        self.wait()

    def peak_memory(self):
        """Bytes that were resident at most; nothing under a sanitizer, which keeps what is freed."""
        proc = pathlib.Path(f"/proc/{self.popen.pid}")
        if any(name in (proc / "maps").read_text() for name in ("libasan", "libtsan")):
            return None
        status = (proc / "status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) << 10

    def out(self):
        return self.out_path.read_text(errors="replace") if self.out_path.exists() else ""

    def err(self):
        return self.err_path.read_text(errors="replace") if self.err_path.exists() else ""

    def json_lines(self):
        """The complete lines of its stdout that are JSON objects; each is parsed once, however often one asks."""
        with self._lock:
            if self.out_path.exists():
                with open(self.out_path, "rb") as out:
                    out.seek(self._read)
                    complete = b"".join(out.read().rpartition(b"\n")[:2])
                self._read += len(complete)
                self._objects += [json.loads(line) for line in complete.splitlines() if line.startswith(b"{")]
            return list(self._objects)


class Mock:
    """A stalewatch-mock-server."""

    def __init__(self, folder, *arguments, name="mock-server", port=0):
        self.process = Process(folder, name, "--port", port, "--control-port", 0, *arguments,
                               executable="stalewatch-mock-server")

    def start(self):
        self.process.start()
        wait_for(lambda: "control on " in self.process.out() or not self.process.running(),
                 self.process.err)
        assert self.process.running(), self.process.err()
        first, second = self.process.out().splitlines()[-2:]
        self.url = first.removeprefix("listening on ")
        self.control_url = second.removeprefix("control on ")
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def request(self, path, data=None, method=None):
        request = urllib.request.Request(self.control_url + path, data=data, method=method)
        try:
            with OPENER.open(request, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error

    def tell(self, path, mode=None, **words):
        """One POST /control for a path, and what the path does now; `for` is spelt for_ here."""
        if mode is not None:
            words["mode"] = mode
        if "for_" in words:
            words["for"] = words.pop("for_")
        return self.control(path=path, **words)[path]

    def control(self, **order):
        return json.loads(self.request("/control", json.dumps(order).encode()))

    def log(self, path):
        return [json.loads(line) for line in self.request(f"/log?path={path}").splitlines()]

    def received(self):
        return json.loads(self.request("/hooks/received"))["received"]

    def stop(self):
        return self.process.stop()


class System:
    """A configuration and the processes that run by it."""

    def __init__(self, folder, servers, *, defaults=None, webhook=None, transport=None, **sections):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.rows_path = folder / "rows.sqlite"
        self.config_path = folder / "stalewatch.yaml"
        self.config = {
            "servers": servers,
            "defaults": defaults or {},
            "credentials": {"DB": {"engine": "sqlite", "db": str(self.rows_path)}},
            "logs": {"filename": str(folder / "events.log"), "level": "debug"},
            "terminal": {"format": "json"},
            "transport": {
                **{socket: f"ipc://{folder}/{socket}" for socket in ("samples", "control", "events")},
                **(transport or {}),
            },
            "journal": {"path": str(folder / "journal.sqlite"), "reserve": "1MiB"},
            "notifier": {"state": str(folder / "notifier.sqlite")},
            "prober": {"name": "prober-1"},
            **sections,
        }
        if webhook:
            self.config["credentials"]["ROCKETCHAT"] = {"webhook": webhook}
        self.write_config()
        self.processes = {name: self.make(name) for name in PROCESSES}

    def make(self, name):
        return Process(self.folder, name, "--config", self.config_path)

    def write_config(self):
        self.config_path.write_text(yaml.safe_dump(self.config))

    def __getattr__(self, name):
        try:
            return self.__dict__["processes"][name]
        except KeyError:
            raise AttributeError(name) from None

    def start(self, *names):
        for name in names or PROCESSES:
            self.processes[name].start()
        return self

    def published(self, kind):
        """Numbers of the events of a kind that the aggregator has published; it logs each."""
        return [int(seq) for seq in re.findall(rf"event seq=(\d+) kind={kind} ", self.aggregator.err())]

    def stop(self):
        """All that run, by SIGTERM; their exit codes."""
        running = {name: process for name, process in self.processes.items() if process.running()}
        for process in running.values():
            process.send(signal.SIGTERM)
        return {name: process.wait() for name, process in running.items()}

    def restart(self, name, kill):
        process = self.processes[name]
        if kill:
            process.kill()
        else:
            assert process.stop() == 0, process.err()
        process.start()

    def told(self, target=None, *kinds):
        """The events that the notifier printed, in its order."""
        return [event for event in self.notifier.json_lines()
                if "kind" in event and (target is None or event.get("target") == target)
                and (not kinds or event["kind"] in kinds)]

    def kinds(self, target, *without):
        return [event["kind"] for event in self.told(target) if event["kind"] not in without]

    def query(self, sql, *arguments):
        """Rows of the recorder's database as dictionaries; none while there is no table yet."""
        if not self.rows_path.exists():
            return []
        connection = sqlite3.connect(f"file:{self.rows_path}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql, arguments)]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def rows(self, target):
        return self.query("select * from stalewatch_updates where server = ? order by seq", target)

    def recorded(self):
        """Every recorded event, by number."""
        return self.query("select * from stalewatch_updates_events order by seq")

    def trouble(self):
        """What a failed test shows."""
        return "\n".join(f"--- {name}\n{process.err()[-3000:]}" for name, process in self.processes.items())
