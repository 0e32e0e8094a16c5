"""Starts the real system in a folder of its own, with everything around it that can be broken."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

import yaml
import zmq

import targets as t
from chronicle import Chronicle
from clock import Clock
from databases import MariaDb, free_port
from harness import Mock, Process, wait_for
from proxy import Proxies, Proxy
from truth import FAR_ADDRESS

NEAR_ADDRESS = "10.77.0.1"
HOOK = "/hooks/chaos/chaos"
PROBERS = ("near", "far")
PROCESSES = ("aggregator", "prober-near", "prober-far", "notifier", "recorder")
JOURNAL_DISK = 1 << 30  # bytes: an hour's journal, its reserve of 64 MiB, and room to fill
SOCKETS = ("samples", "control", "events")


def quiet(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class Actor(Process):
    """A process of the system, with a clock of its own and a lock for whoever does something to it."""

    def __init__(self, folder, name, executable, config, *, namespace=None):
        self.clock = Clock(folder / f"clock-{name}")
        super().__init__(folder, name, "--config", config, executable=executable, env=self.clock.environment())
        if namespace:
            self.command = ["ip", "netns", "exec", namespace, *self.command]
        self.lock = threading.RLock()
        self.stopped = False
        self.starts, self.said_before = 0, 0  # how long its log was when it was started last
        self.odd_ends = []  # exit codes that nobody asked for

    def start(self):
        self.starts += 1
        self.said_before = len(self.err())
        return super().start()

    def set_clock(self, seconds):
        """Its wall clock is off by so much, within about a second."""
        self.clock.set(seconds)

    def kill(self):
        self.note_odd_end()
        if self.running():
            super().kill()

    def end(self):
        """By SIGTERM; it has to go within ten seconds and say that all is well."""
        self.note_odd_end()
        if not self.running():
            return
        self.send(signal.SIGTERM)
        try:
            code = self.wait(10)
        except subprocess.TimeoutExpired:
            self.odd_ends.append("hung for 10 s after SIGTERM")
            return super().kill()
        if code != 0:
            self.odd_ends.append(f"exit code {code} after SIGTERM")

    def freeze(self):
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def note_odd_end(self):
        if self.popen is not None and self.popen.poll() is not None and not self.stopped:
            self.odd_ends.append(f"ended by itself with {self.popen.returncode}")

    @contextlib.contextmanager
    def away(self):
        """Inside, it does not run because we want so."""
        self.stopped = True
        yield
        self.start()
        self.stopped = False


class World:
    def __init__(self, isolated):
        self.isolated = isolated  # namespaces of our own for network and mounts
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sw-chaos-"))
        self.chronicle = Chronicle()
        self.closing = contextlib.ExitStack()
        tempfile.tempdir = os.environ["TMPDIR"] = str(self.folder)  # the database's, too: our process ids are not unique
        self.host = NEAR_ADDRESS if isolated else "127.0.0.1"
        self.answers, self.answers_forgotten, self._answers_lock = [], 0, threading.Lock()
        self.in_hand, self.in_hand_lock = set(), threading.Lock()  # targets that a fault is busy with

    # What surrounds the system.

    def prepare(self):
        if self.isolated:
            self._make_network()
        self.disk = self._make_disk()
        self.database = MariaDb()
        self.closing.callback(self.database.close)
        self.database_proxy = Proxy(("127.0.0.1", self.database.port))
        self.mock = Mock(self.folder, "--host", "0.0.0.0" if self.isolated else "127.0.0.1").start()
        self.mock_url = f"http://{self.host}:{self.mock.port}"
        self.webhook = Mock(self.folder, "--hook-rate", "off", name="webhook").start()
        for target in t.ALL.values():
            self.mock.tell(target.path, "updates", every=f"{int(target.every * 1000)}ms")
        self.ports = {socket: free_port() for socket in SOCKETS}
        self.links = {party: self._proxies_to_aggregator() for party in (*PROBERS, "notifier", "recorder")}
        self._make_actors()

    def _make_network(self):
        """A host far away: the second prober's, with a link that can go down."""
        quiet("ip", "link", "set", "lo", "up")
        os.makedirs("/run/netns", exist_ok=True)
        quiet("mount", "-t", "tmpfs", "none", "/run/netns")
        quiet("ip", "netns", "add", "far")
        quiet("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", "far")
        quiet("ip", "addr", "add", f"{NEAR_ADDRESS}/24", "dev", "near")
        quiet("ip", "link", "set", "near", "up")
        for words in (["addr", "add", f"{FAR_ADDRESS}/24", "dev", "far"], ["link", "set", "far", "up"],
                      ["link", "set", "lo", "up"]):
            quiet("ip", "-n", "far", *words)

    def _make_disk(self):
        """A file system of the journal's own, small enough to be filled, real enough for fsync to matter."""
        disk = self.folder / "disk"
        disk.mkdir()
        if self.isolated:
            image = self.folder / "disk.img"
            image.touch()
            os.truncate(image, JOURNAL_DISK)
            quiet("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
            quiet("mount", "-o", "loop", str(image), str(disk))
            self.closing.callback(lambda: subprocess.run(["umount", "-l", disk], check=False))
        return disk

    def _proxies_to_aggregator(self):
        return Proxies(**{socket: Proxy(("127.0.0.1", self.ports[socket]), self.host) for socket in SOCKETS})

    # The system.

    def _make_actors(self):
        self.actors = {"aggregator": Actor(self.folder, "aggregator", None, self.folder / "aggregator.yaml")}
        self.recording = self.folder / "aggregator.recording"
        self.actors["aggregator"].command += ["--record", str(self.recording)]
        for party in PROBERS:
            self.actors[f"prober-{party}"] = Actor(
                self.folder, f"prober-{party}", "stalewatch-prober", self.folder / f"{party}.yaml",
                namespace="far" if party == "far" and self.isolated else None)
        for name in ("notifier", "recorder"):
            self.actors[name] = Actor(self.folder, name, None, self.folder / f"{name}.yaml")
        self.servers = {target.key: target for target in t.STEADIES + t.TROUBLES}
        self.write_config()
        for party in (*PROBERS, "notifier", "recorder"):
            ports = {socket: self.links[party][socket].port for socket in SOCKETS}
            self._write(party, self._config(self.host, ports, party))

    def __getitem__(self, name):
        return self.actors[name]

    def write_config(self):
        self._write("aggregator", self._config("0.0.0.0" if self.isolated else "127.0.0.1", self.ports, "none"))

    def _write(self, name, config):
        fresh = self.folder / f"{name}.new"
        fresh.write_text(yaml.safe_dump(config))
        fresh.replace(self.folder / f"{name}.yaml")

    def _config(self, host, ports, party):
        return {
            "servers": {key: target.configured(self.mock_url) for key, target in self.servers.items()},
            "credentials": {
                "DB": self.database.credentials("chaos", address=f"127.0.0.1:{self.database_proxy.port}"),
                "ROCKETCHAT": {"webhook": self.webhook.url + HOOK}},
            "logs": {"filename": str(self.folder / "events.log"), "level": "info", "max_size": "1GiB"},
            "terminal": {"format": "json"},
            "transport": {**{socket: f"tcp://{host}:{ports[socket]}" for socket in SOCKETS},
                          "insecure": True, "lease": f"{int(t.LEASE * 1000)}ms"},
            "journal": {"path": str(self.disk / "journal.sqlite")},
            "notifier": {"state": str(self.folder / "notifier.sqlite")},
            "prober": {"name": party},
        }

    def start(self):
        """The recorder, which makes the tables, and the notifier first, so that they see all there is."""
        self._foreign_subscriber()
        for name in ("recorder", "notifier", "aggregator"):
            self.actors[name].start()
        wait_for(lambda: "no open problems" in self.log_text(), self.trouble, deadline=60)
        for target in self.servers.values():
            self.chronicle.begin("configured", path=target.path)
        for name in ("prober-near", "prober-far"):
            self.actors[name].start()
        self._polling = threading.Event()
        self._poller = threading.Thread(target=self._poll_answers, daemon=True)
        self._poller.start()

    def _foreign_subscriber(self):
        """Somebody else's program that subscribes to everything and never reads."""
        self._zmq = zmq.Context()
        silent = self._zmq.socket(zmq.SUB)
        silent.rcvhwm = 1
        silent.subscribe(b"")
        silent.connect(f"tcp://127.0.0.1:{self.ports['events']}")
        self._silent = silent

    def reload(self):
        self["aggregator"].send(signal.SIGHUP)

    # What can be seen.

    def log_text(self):
        path = self.folder / "events.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def trouble(self):
        return "\n".join(f"--- {name}\n{actor.err()[-2000:]}" for name, actor in self.actors.items())

    def _poll_answers(self):
        while not self._polling.wait(2):
            self.fetch_answers()

    def fetch_answers(self):
        """The mock's log of answers that went out whole; it keeps a limited number, so it is asked often."""
        with self._answers_lock:
            after = self.answers[-1]["n"] if self.answers else 0
            for line in self.mock.request(f"/log?after={after}").splitlines():
                answer = json.loads(line)
                self.answers_forgotten += answer["n"] - after - 1
                after = answer["n"]
                self.answers.append(answer)

    # The end.

    def stop(self):
        """Every process by SIGTERM, sources first."""
        self.peaks = {name: actor.peak_memory() or 0 for name, actor in self.actors.items()}
        for name in ("prober-near", "prober-far", "aggregator", "notifier", "recorder"):
            self.actors[name].end()
        self._polling.set()
        self._poller.join(30)
        self.fetch_answers()

    def close(self, keep):
        for actor in getattr(self, "actors", {}).values():
            if actor.running():
                actor.thaw()
                Process.kill(actor)
        for mock in (getattr(self, "mock", None), getattr(self, "webhook", None)):
            if mock and mock.process.running():
                mock.process.kill()
        if keep and hasattr(self, "disk") and self.isolated:
            shutil.copytree(self.disk, self.folder / "journal", ignore=shutil.ignore_patterns("lost+found", "*reserve*"),
                            dirs_exist_ok=True)
        self.closing.close()
        self.chronicle.close()
        if hasattr(self, "_zmq"):
            self._zmq.destroy(linger=0)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
