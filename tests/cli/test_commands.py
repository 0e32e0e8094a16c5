"""The small subcommands of `stalewatch` as processes."""

import http.server
import os
import socket
import subprocess
import threading

import msgpack
import pytest
import zmq

STALEWATCH = os.environ["STALEWATCH_BIN"] + "/stalewatch"


def stalewatch(*arguments, **environment):
    return subprocess.run([STALEWATCH, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})


def test_version_and_help():
    assert stalewatch("--version").stdout.startswith("stalewatch ")
    out = stalewatch("--help")
    assert out.returncode == 0
    for name in ("up", "check-config", "reload", "events", "replay", "forget", "owed", "healthcheck"):
        assert f"\n  {name} " in out.stdout


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["up"], ["up", "--nosuch"], ["check-config"]])
def test_wrong_usage_ends_with_2(arguments):
    out = stalewatch(*arguments)
    assert out.returncode == 2
    assert out.stderr.startswith("stalewatch: ")


@pytest.mark.parametrize("program", ["aggregator", "notifier", "prober", "recorder"])
@pytest.mark.parametrize("arguments,says", [
    (["--bogus"], "--bogus"),
    ([], "--config is required"),
    (["--config", "/nonexistent/x.yaml"], "/nonexistent/x.yaml: "),
    (["--config", "CONFIG", "--http", "nonsense"], '--http: "nonsense" is no address'),
    (["--config", "CONFIG", "--log-level", "loud"], '--log-level: log level "loud"'),
])
def test_wrong_usage_of_a_process_is_named_and_ends_with_2(tmp_path, program, arguments, says):
    config = config_for(tmp_path, 1)
    out = subprocess.run([f"{STALEWATCH}-{program}", *(str(config) if a == "CONFIG" else a for a in arguments)],
                         capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert out.returncode == 2
    assert out.stderr.startswith(f"stalewatch-{program}: ") and says in out.stderr


@pytest.mark.parametrize("arguments", [["--bogus"], ["--path", "/x=nonsense"], ["--log-level", "loud"],
                                       ["--hook-rate", "often"]])
def test_wrong_usage_of_the_mock_server_is_named_and_ends_with_2(arguments):
    out = subprocess.run([f"{STALEWATCH}-mock-server", *arguments], capture_output=True, text=True, timeout=60)
    assert out.returncode == 2
    assert out.stderr.startswith("stalewatch-mock-server: ") and arguments[0] in out.stderr


def test_a_wrong_command_is_named():
    def says(word):
        out = stalewatch(word)
        assert out.returncode == 2
        return out.stderr
    assert says("evnts").startswith('stalewatch: no command "evnts"; did you mean "events"? (--help')
    assert says("owedd").startswith('stalewatch: no command "owedd"; did you mean "owed"?')
    assert says("status").startswith('stalewatch: no command "status"; there are up, check-config, ')
    assert says("x\x1b" * 3000).startswith('stalewatch: no command "x\\x1b')


@pytest.mark.parametrize("command", ["up", "check-config", "owed"])
def test_a_missing_file_is_asked_for_with_its_variable(command):
    out = stalewatch(command)
    assert out.returncode == 2
    assert "is required: the configuration file; or set STALEWATCH_CONFIG" in out.stderr


@pytest.mark.parametrize("command", [["up"], ["check-config"], ["reload"], ["forget", "x"], ["events"], ["replay"],
                                     ["owed"]], ids=lambda command: command[0])
def test_the_variable_names_the_file_for_every_command(tmp_path, command):
    file = tmp_path / "bad.yaml"
    file.write_text("transport: 3\n")
    out = stalewatch(*command, STALEWATCH_CONFIG=str(file))
    assert out.returncode == 2 and "bad.yaml:1:" in out.stderr
    good = config_for(tmp_path, 1)
    option = [str(good)] if command[0] == "check-config" else ["--config", str(good)]
    if command[0] in ("check-config", "reload", "owed"):
        assert "bad.yaml" not in stalewatch(*command, *option, STALEWATCH_CONFIG=str(file)).stderr


def test_check_config_says_which_files_could_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    config = config_for(tmp_path, 1)
    config.write_text(config.read_text() + "logs: {filename: file/x/runs.log}\n"
                      f"journal: {{path: {tmp_path}}}\nnotifier: {{state: {tmp_path}/new/folder/state}}\n")
    out = subprocess.run([STALEWATCH, "check-config", config], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert out.returncode == 0
    warnings = [line for line in out.stdout.splitlines() if line.startswith("warning")]
    assert warnings == [
        f"warning     journal.path: {tmp_path} cannot be written by who asks here: is a directory",
        f"warning     logs.filename: {tmp_path}/file/x/runs.log cannot be written by who asks here: "
        f"{tmp_path}/file is no folder"]
    assert f"log file {tmp_path}/file/x/runs.log" in out.stdout
    assert not (tmp_path / "new").exists()


def test_a_journal_is_replayed_whatever_the_variable_says(tmp_path):
    out = stalewatch("replay", "--journal", tmp_path / "none.sqlite", STALEWATCH_CONFIG=str(tmp_path / "no.yaml"))
    assert out.returncode == 1 and "none.sqlite: there is no such file" in out.stderr
    out = stalewatch("replay", "--journal", "x", "--config", "y")
    assert out.returncode == 2


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()
        self.wfile.write(b"ok\n" if self.path == "/readyz" else b"hung \x1b[31m\nsecond line\n")

    def log_message(self, *_):
        pass


@pytest.fixture
def health():
    server = http.server.HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_healthcheck_says_well_or_not(health):
    well = stalewatch("healthcheck", "--url", health + "/readyz")
    assert (well.returncode, well.stdout) == (0, "ok\n")
    ill = stalewatch("healthcheck", "--url", health + "/healthz")
    assert (ill.returncode, ill.stdout) == (1, "hung \\x1b[31m\n")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/readyz", "https://127.0.0.1/", "http://", "nonsense"])
def test_healthcheck_of_nobody_is_ill(url):
    out = stalewatch("healthcheck", "--url", url)
    assert out.returncode == 1
    assert url in out.stderr
    if url.startswith("http://127"):
        assert "nobody listens there" in out.stderr


def test_healthcheck_tells_silence_from_absence():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/readyz"
        out = stalewatch("healthcheck", "--url", url)
    assert (out.returncode, out.stderr) == (1, f"stalewatch healthcheck: {url}: connected, but no answer within 3 s\n")


class Aggregator:
    """Answers one command as the real one does, and keeps what it was sent."""

    def __init__(self, reply):
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.reply = reply
        self.got = {}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while "command" not in self.got:
            if not self.socket.poll(20_000):
                return
            peer, topic, _, body = self.socket.recv_multipart()
            self.got[topic.decode()] = msgpack.unpackb(body)
        header = msgpack.packb([1, "aggregator", "boot", 1])
        for command_id in (self.got["command"]["id"] + 7, self.got["command"]["id"]):  # somebody else's, then ours
            self.socket.send_multipart(
                [peer, b"reply", header, msgpack.packb({"id": command_id, **self.reply, "journal": "j", "head": 0,
                                                        "problems": []})])


def config_for(tmp_path, port):
    file = tmp_path / "stalewatch.yaml"
    file.write_text("servers:\n  A:\n    address: http://127.0.0.1:1/\n"
                    f"transport:\n  control: tcp://127.0.0.1:{port}\n")
    return file


@pytest.mark.parametrize("ok,code", [(True, 0), (False, 1)])
def test_reload_prints_the_aggregators_answer(tmp_path, ok, code):
    aggregator = Aggregator({"ok": ok, "text": "3 targets: 1 added, 1 changed, 0 removed"})
    out = stalewatch("reload", "--config", config_for(tmp_path, aggregator.port))
    assert out.returncode == code
    assert (out.stdout if ok else out.stderr) == "3 targets: 1 added, 1 changed, 0 removed\n"
    assert aggregator.got["hello"]["role"] == "operator"
    assert aggregator.got["command"]["word"] == "reload"
    assert aggregator.got["command"]["arguments"] == [str(tmp_path / "stalewatch.yaml")], "the file that is meant, in full"


def test_reload_without_an_aggregator_says_where_it_looked(tmp_path):
    out = stalewatch("reload", "--config", config_for(tmp_path, 1))
    assert out.returncode == 1
    assert "no aggregator answers at tcp://127.0.0.1:1" in out.stderr


def test_reload_with_a_bad_file_says_why(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("transport: 3\n")
    out = stalewatch("reload", "--config", file)
    assert out.returncode == 2
    assert "bad.yaml:1:" in out.stderr
    assert "the aggregator was not asked" in out.stderr
