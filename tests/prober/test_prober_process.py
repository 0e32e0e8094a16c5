"""The prober's executable: alone, with --once, and its signals."""

import errno
import http.server
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import threading

import pytest

PROBER = pathlib.Path(os.environ["STALEWATCH_BIN"]) / "stalewatch-prober"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"computed_time": "2026-01-02T03:04:05Z"}'
        self.send_response(503 if self.path == "/bad" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


@pytest.fixture
def silent():
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def config_file(folder, servers, more=""):
    lines = "".join(f"  {key}:\n    address: {address}\n" for key, address in servers.items())
    path = folder / "stalewatch.yaml"
    path.write_text(f"servers:\n{lines}main:\n  checkup_interval: 1\n"
                    f"transport:\n  samples: ipc://{folder}/s\n  control: ipc://{folder}/c\n"
                    f"  events: ipc://{folder}/e\n{more}")
    return path


def test_once_prints_one_sample_per_server_and_ends(tmp_path, server):
    path = config_file(tmp_path, {"good": f"{server}/", "bad": f"{server}/bad", "off": "http://127.0.0.1:1/"})
    run = subprocess.run([PROBER, "--config", path, "--standalone", "--once", "--name", "here"],
                         capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    samples = {line["target"]: line for line in map(json.loads, run.stdout.splitlines())}
    assert sorted(samples) == ["bad", "good", "off"]
    assert samples["good"]["outcome"] == "ok"
    assert samples["good"]["prober"] == "here"
    assert samples["good"]["computed_at"].startswith("2026-01-02T03:04:05")
    assert samples["bad"]["outcome"] == "http_status"
    assert samples["bad"]["detail"] == "HTTP 503"
    assert samples["off"]["detail"] == "connection refused"


def on_a_terminal(command, until_lines):
    """What is printed on a terminal that is stdout, as lines, and the exit code."""
    master, terminal = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.DEVNULL,
                          env={**os.environ, "TZ": "Europe/Berlin"}) as prober:
        os.close(terminal)
        text = b""
        try:
            while text.count(b"\n") < until_lines:
                assert select.select([master], [], [], 60)[0], text
                text += os.read(master, 65536)
        except OSError as error:  # how a terminal says that nobody writes any more
            assert error.errno == errno.EIO
        finally:
            if "--once" not in command:
                prober.terminate()
            code = prober.wait(timeout=60)
            os.close(master)
    return text.decode().splitlines(), code


def test_on_a_terminal_a_sample_is_a_line_for_people(tmp_path, server):
    path = config_file(tmp_path, {"good": f"{server}/\n    name: Düsseldorf", "bad": f"{server}/bad",
                                  "off": "http://127.0.0.1:1/"})
    command = [PROBER, "--config", path, "--standalone"]
    lines, code = on_a_terminal([*command, "--once"], until_lines=1000)
    assert code == 0 and len(lines) == 3
    good, bad, off = sorted(lines)
    assert re.fullmatch(r"Düsseldorf  ok {21}2026-01-02 04:04:05\+01:00  \S+ old +in \S+", good), good
    assert re.fullmatch(r"bad         HTTP error {13}- {26}- {12}in \S+ +HTTP 503", bad), bad
    assert re.fullmatch(r"off         no connection {10}- {26}- {12}in \S+ +connection refused", off), off

    lines, code = on_a_terminal(command, until_lines=3)  # until it is told to end
    assert code == 0 and not any("{" in line for line in lines)


def test_alone_it_tells_the_warnings_that_the_aggregator_would(tmp_path, server):
    path = config_file(tmp_path, {"good": f"{server}/\n    basic_auth: 'u:$$x'"})
    run = subprocess.run([PROBER, "--config", path, "--standalone", "--once"], capture_output=True, text=True, timeout=60)
    assert run.stderr.count('stands for one "$"') == 1


def test_standalone_goes_on_until_sigterm(tmp_path, server, silent):
    path = config_file(tmp_path, {"good": f"{server}/", "hangs": f"{silent}/\n    interval: 1m\n    timeout: 1m"})
    with subprocess.Popen([PROBER, "--config", path, "--standalone"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as prober:
        seen = [json.loads(prober.stdout.readline()) for _ in range(3)]
        assert {"good"} <= {sample["target"] for sample in seen}
        prober.send_signal(signal.SIGTERM)
        assert prober.wait(timeout=30) == 0  # while a probe that would take a minute is under way


def test_a_missing_aggregator_is_reported_and_no_reason_to_end(tmp_path, server):
    path = config_file(tmp_path, {"good": f"{server}/"})
    with subprocess.Popen([PROBER, "--config", path], stderr=subprocess.PIPE, text=True) as prober:
        for line in prober.stderr:
            if "waiting for the aggregator" in line:
                break
        prober.send_signal(signal.SIGHUP)
        for line in prober.stderr:
            if "read again" in line:
                break
        assert prober.poll() is None
        prober.send_signal(signal.SIGTERM)
        assert prober.wait(timeout=30) == 0


@pytest.mark.parametrize("arguments, message", [
    (["--once"], "--standalone"),
    (["--standalone", "--config", "/nonexistent.yaml"], "/nonexistent.yaml"),
])
def test_wrong_calls_are_refused_with_2(tmp_path, server, arguments, message):
    path = config_file(tmp_path, {"good": f"{server}/"})
    if "--config" not in arguments:
        arguments = ["--config", path, *arguments]
    run = subprocess.run([PROBER, *arguments], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2
    assert message in run.stderr


def test_version_names_the_program():
    run = subprocess.run([PROBER, "--version"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0
    assert run.stdout.startswith("stalewatch-prober ")
