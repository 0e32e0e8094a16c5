"""`stalewatch up` as a process, with small scripts in place of the four executables beside it."""

import array
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import termios
import textwrap
import time

import pytest

STALEWATCH = os.environ["STALEWATCH_BIN"] + "/stalewatch"
NAMES = ("aggregator", "recorder", "notifier", "prober")
DEADLINE = 60  # seconds; what takes longest is the 4 s that a child has for its end
WELL_BEHAVED = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("args", *sys.argv[1:], flush=True)
while True:
    signal.pause()
"""


class Up:
    """A folder with the real `stalewatch`, fakes for the others, and `up` running in it."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copy(STALEWATCH, folder / "stalewatch")
        self.config = folder / "stalewatch.yaml"
        self.config.write_text("servers:\n  A:\n    address: http://127.0.0.1:1/\n")
        for name in NAMES:
            self.fake(name, WELL_BEHAVED)
        self.process = None

    def fake(self, name, script):
        path = self.folder / f"stalewatch-{name}"
        path.write_text(f"#!{sys.executable}\n" + textwrap.dedent(script))
        path.chmod(0o755)

    def start(self, *arguments, **popen):
        self.output = self.folder / "output"
        popen.setdefault("stdout", open(self.output, "wb"))
        # Not where somebody on this machine really runs it.
        popen.setdefault("env", {**os.environ, "STALEWATCH_STATE_DIR": str(self.folder / "state")})
        self.process = subprocess.Popen(
            [self.folder / "stalewatch", "up", "--config", self.config, *arguments],
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **popen)
        return self

    def text(self):
        return self.output.read_text(errors="replace")

    def wait_for(self, what, times=1):
        wait_until(lambda: self.text().count(what) >= times, lambda: f"no {what!r} in:\n{self.text()}")

    def wait(self):
        return self.process.wait(timeout=DEADLINE)

    def pids(self):
        return [int(line.split("process ")[1].rstrip(")"))
                for line in self.text().splitlines() if "| started " in line]


def wait_until(condition, explain):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, explain()
        time.sleep(0.02)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def up(tmp_path):
    fixture = Up(tmp_path)
    yield fixture
    if fixture.process and fixture.process.poll() is None:
        fixture.process.kill()
        fixture.process.wait()


def test_output_is_marked_and_sigterm_stops_all_cleanly(up):
    up.fake("recorder", WELL_BEHAVED.replace("print(", "print('to stderr', file=sys.stderr); print("))
    up.start("--log-level", "debug")
    up.wait_for("| args", times=4)
    assert f"prober     | args --config {up.config} --log-level debug\n" in up.text()
    assert "recorder   | to stderr\n" in up.text()
    assert "\x1b" not in up.text(), "no colours into a file"
    up.process.send_signal(signal.SIGTERM)
    assert up.wait() == 0
    assert "up         | stopped\n" in up.text()
    assert len(up.pids()) == 4 and not any(alive(pid) for pid in up.pids())


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_each_process_serves_its_metrics_at_a_port_of_its_own(up, host):
    up.start("--http", f"{host}:9101")
    up.wait_for("| args", times=4)
    for place, name in enumerate(NAMES):
        assert f"{name:10} | args --config {up.config} --http {host}:{9101 + place}\n" in up.text()
    up.process.send_signal(signal.SIGTERM)
    assert up.wait() == 0


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:0", "127.0.0.1:65533"])
def test_a_wrong_address_for_metrics_is_named(up, address):
    up.start("--http", address)
    assert up.wait() == 2
    assert f'stalewatch up: --http: "{address}" ' in up.text() and "started" not in up.text()


def test_a_crashed_child_is_started_again_and_it_says_so(up):
    up.fake("notifier", "import os; os.kill(os.getpid(), 11)")
    up.start()
    up.wait_for("| started notifier", times=3)
    assert "by signal 11 (Segmentation fault); starting it again in 500ms" in up.text()
    assert "by signal 11 (Segmentation fault); starting it again in 1s" in up.text()
    assert up.text().count("| started prober") == 1
    up.process.send_signal(signal.SIGINT)
    assert up.wait() == 0


def test_the_prober_stops_first_and_the_aggregator_last(up):
    for name in NAMES:
        up.fake(name, "import signal, sys, time\n"
                      "def end(*_):\n    print('asked', flush=True); time.sleep(0.3); print('ends', flush=True); sys.exit(0)\n"
                      "signal.signal(signal.SIGTERM, end)\nprint('ready', flush=True)\nwhile True: signal.pause()")
    up.start()
    up.wait_for("| ready", times=4)
    up.process.send_signal(signal.SIGTERM)
    assert up.wait() == 0
    said = [line.split()[0] for line in up.text().splitlines() if "| asked" in line or "| ends" in line]
    assert said[:2] == ["prober", "prober"] and said[-2:] == ["aggregator", "aggregator"], said
    assert sorted(said[2:6]) == ["notifier", "notifier", "recorder", "recorder"], said


def test_a_child_that_will_not_stop_is_killed(up):
    up.fake("aggregator", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                          "print('deaf', flush=True)\nwhile True: signal.pause()")
    up.start()
    up.wait_for("deaf")
    up.wait_for("| args", times=3)
    up.process.send_signal(signal.SIGTERM)
    assert up.wait() == 1  # the child would never end by itself
    assert "aggregator did not stop cleanly: signal 9 (Killed)" in up.text()


def test_children_die_with_their_parent_however_it_dies(up):
    up.start()
    up.wait_for("| args", times=4)
    up.process.kill()
    up.wait()
    wait_until(lambda: not any(alive(pid) for pid in up.pids()), lambda: "children outlived their parent")


def test_sighup_reaches_every_child(up):
    for name in NAMES:
        up.fake(name, WELL_BEHAVED.replace(
            "print(", "signal.signal(signal.SIGHUP, lambda *_: print('reloads', flush=True)); print("))
    up.start()
    up.wait_for("| args", times=4)
    up.process.send_signal(signal.SIGHUP)
    up.wait_for("| reloads", times=4)
    up.process.send_signal(signal.SIGTERM)
    assert up.wait() == 0


def test_it_ends_by_itself_when_told_for_how_long(up):
    up.start("--for", "1500ms")
    assert up.wait() == 0
    assert "the time given by --for is over" in up.text()


def test_a_child_that_never_got_going_makes_the_end_a_failure(up):
    up.fake("aggregator", "import sys; print('cannot listen', file=sys.stderr); sys.exit(1)")
    up.start("--for", "3s")
    assert up.wait() == 1
    assert "up         | aggregator did not run: started " in up.text()
    assert "did not run" not in up.text().replace("aggregator did not run", "")


def test_a_bad_configuration_starts_nothing(up):
    up.config.write_text("servers: 3\nx: 1\n")
    up.start()
    assert up.wait() == 2
    assert "stalewatch.yaml:1:" in up.text() and "started" not in up.text()


def test_state_that_cannot_be_kept_is_said_instead_of_starting_anything(up, tmp_path):
    (tmp_path / "file").write_text("")
    up.start(env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "file"), "STALEWATCH_STATE_DIR": ""})
    assert up.wait() == 2
    assert "started" not in up.text()
    for key, name in (("journal.path", "journal"), ("notifier.state", "notifier"), ("credentials.DB.db", "rows")):
        assert (f"stalewatch up: {key}: cannot write {tmp_path}/file/stalewatch/{name}.sqlite: "
                f"{tmp_path}/file is no folder\n") in up.text()


def test_a_child_that_refuses_its_configuration_at_once_ends_it_all(up):
    up.fake("recorder", "import sys; print('no such engine', file=sys.stderr); sys.exit(2)")
    up.start()
    assert up.wait() == 2
    assert "recorder   | no such engine\n" in up.text()
    assert "recorder refused its configuration" in up.text()


def test_a_missing_executable_is_named(up):
    (up.folder / "stalewatch-prober").unlink()
    up.start()
    assert up.wait() == 1
    assert f"{up.folder}/stalewatch-prober is missing" in up.text()


def test_an_unreadable_duration_is_named(up):
    up.start("--for", "soon")
    assert up.wait() == 2
    assert '"soon" is no duration' in up.text()


def test_an_output_that_nobody_reads_does_not_delay_the_end(up):
    up.fake("prober", "import signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
                      "while True: print('x' * 1000, flush=True)")
    up.start(stdout=subprocess.PIPE)  # and never read
    wait_until(lambda: is_stuck(up.process.stdout), lambda: "the pipe never filled")
    up.process.send_signal(signal.SIGTERM)
    up.wait()  # nobody will ever read what waits


def is_stuck(pipe):
    """Whether bytes wait in the pipe and no more come."""
    def waiting():
        count = array.array("i", [0])
        fcntl.ioctl(pipe, termios.FIONREAD, count)
        return count[0]
    before = waiting()
    time.sleep(0.3)
    return before > 0 and waiting() == before


def test_an_output_that_was_closed_ends_it(up):
    up.fake("prober", WELL_BEHAVED.replace("signal.pause()", "print('line', flush=True)"))
    up.start(stdout=subprocess.PIPE)
    up.process.stdout.readline()
    up.process.stdout.close()
    assert up.wait() == 1
