"""What Python's requests.get(url).json() reads of an answer, the prober reads, too, and what it refuses the prober
refuses at the same place: the script that stalewatch takes the place of was written with it."""

import gzip
import http.server
import json
import os
import pathlib
import subprocess
import threading
import zlib

import pytest
import requests

PROBER = pathlib.Path(os.environ["STALEWATCH_BIN"]) / "stalewatch-prober"

TIME = '"computed_time": "2026-01-02T03:04:05Z"'

# Values beside the field: whatever they are, the time is read if the whole answer is JSON.
VALUES = [
    "null", "true", "false", "0", "-0", "-1.5E+3", "1e999", "123456789012345678901234567890", '""', '"é\\n\\u00e9"', "[]",
    "{}", '[[{"": [1]}]]', '{"a": {"b": [null, "]"]}}', " \t\r\n1\n",
    "NaN", "Infinity", "-Infinity", "[NaN]", '[1,NaN ,{"x":-Infinity}]', '"NaN"',
    '"\\ud83d"', '"\\ude42\\ud83d"', '"\\ud83d\\ude42"', '"\\\\ud83d"', '{"\\udc00": 1}', '"\x7f"', '"\u2028"',
    # hostile ones
    "nan", "-NaN", "+1", "+Infinity", "Inf", "-Inf", "NaNs", "Na N", "Infinity1", "- 1", "01", "-01", "1.", ".5", "1e", "1e+",
    "0x1", "1_000", "tru", "True", "None", "nul", "nulll", "undefined", "'a'", "a", "", ",", ":", "]", "}", "[", "{", "[1,]",
    '{"a":1,}', "[,1]", "[1 2]", "[1,,2]", '{"a" 1}', '{"a":}', '{"a"}', "{a: 1}", "{1: 2}", '{NaN: 1}', '"\\x"', '"\\u12"',
    '"\\u12g4"', '"\\U0001f642"', '"\\', '"', '"a', '"\n"', '"\t"', '"\x01"', "1 // c", "/* c */ 1", "\ufeff1", "\u00a01",
    *(f"{n * opening}1{n * closing}" for n in (64, 65, 500, 900) for opening, closing in ("[]", ('{"a":', "}"))),
    "１", "--1", "1}", '1, "a"', "[1}", '{"a":1]', "\x0b1", "\x00",
]
BODIES = [f'{{{TIME}, "v": {value}}}' for value in VALUES] + [f'{{"v": {value},\n  {TIME}}}' for value in VALUES]
# Whole bodies: cut at each character, or with something around them.
SOUND = f'{{{TIME}, "v": [1.5, "\\u00e9", {{"a": null}}]}}'
BODIES += [SOUND[:end] for end in range(len(SOUND))]
BODIES += [SOUND + more for more in (" ", "\n", "x", "{}", "}", ",", "\x00", "1", "\ufeff")]
BODIES += ["\n\t " + SOUND, "x" + SOUND, "<html></html>", "callback(" + SOUND + ")", ")]}',\n" + SOUND]


class Answers(http.server.BaseHTTPRequestHandler):
    cases = []

    def do_GET(self):
        body, headers = self.cases[int(self.path.rsplit("/", 1)[1])]
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1000  # all come at once


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Answers) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


def read_both(folder, url, cases):
    """Of each case what requests makes of it, a JSON value or an error, and the prober's sample."""
    Answers.cases = cases
    config = folder / "stalewatch.yaml"
    config.write_text("servers:\n" + "".join(f"  T{i}: {{address: '{url}/{i}'}}\n" for i in range(len(cases))))
    run = subprocess.run([PROBER, "--config", config, "--standalone", "--once"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    samples = {line["target"]: line for line in map(json.loads, run.stdout.splitlines())}
    for i in range(len(cases)):
        try:
            said = requests.get(f"{url}/{i}", timeout=60).json()
        except requests.exceptions.JSONDecodeError as error:
            said = error
        yield cases[i], said, samples[f"T{i}"]


def is_read(sample):
    return sample["outcome"] == "ok" and sample["computed_at"].startswith("2026-01-02T03:04:05")


def test_the_corpus_is_read_and_refused_alike(tmp_path, server):
    cases = [(body.encode(), {"Content-Type": "application/json"}) for body in BODIES]
    refused = 0
    for (body, _), said, sample in read_both(tmp_path, server, cases):
        if not isinstance(said, Exception):
            assert is_read(sample), (body, sample)
            continue
        refused += 1
        assert sample["outcome"] == "not_json", (body, said)
        if not body.strip():
            assert sample["detail"] == "not JSON: empty"
        elif b"<html" in body.lower():
            assert sample["detail"].startswith("an HTML page instead of JSON: ")
        elif "uXXXX" not in said.msg and "trailing comma" not in said.msg:  # there its versions differ in the column
            assert f"at line {said.lineno}, column {said.colno}" in sample["detail"], (body, said)
    assert 100 < refused < len(cases) - 50


ACCENTS = f'{{{TIME}, "owner": "Jörg"}}'
JSON_TYPE = "application/json"


def written(encoding, content_type):
    return ACCENTS.encode(encoding), {"Content-Type": content_type} if content_type else {}


def test_charsets_are_read_as_requests_reads_them(tmp_path, server):
    cases = [
        written("latin-1", f"{JSON_TYPE};charset=ISO-8859-1"),
        written("latin-1", f'{JSON_TYPE}; charset="latin-1"'),
        written("latin-1", JSON_TYPE),
        written("latin-1", "text/html"),
        written("latin-1", f"{JSON_TYPE}; charset=utf-8"),
        written("latin-1", f"{JSON_TYPE}; charset=no-such-one"),
        written("cp1252", f"{JSON_TYPE}; Charset=windows-1252"),
        written("utf-8", "text/plain"),
        written("utf-8", "text/plain; charset=latin1"),
        written("utf-8", None),
        written("utf-8-sig", None),
        *(written(utf, None) for utf in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")),
        *(written(utf, f"{JSON_TYPE}; charset={utf}") for utf in ("utf-16", "utf-16le", "utf-16be", "utf-32")),
        (f'{{{TIME}, "owner": "日本"}}'.encode("shift_jis"), {"Content-Type": f"{JSON_TYPE}; charset=Shift_JIS"}),
    ]
    for case, said, sample in read_both(tmp_path, server, cases):
        assert said["computed_time"] == "2026-01-02T03:04:05Z"
        assert is_read(sample), (case, sample)


def test_a_mark_counts_where_requests_goes_by_the_content_type_alone(tmp_path, server):
    cases = [written(utf, JSON_TYPE) for utf in ("utf-8-sig", "utf-16", "utf-32", "utf-16-le")]
    for case, _, sample in read_both(tmp_path, server, cases):
        assert is_read(sample), (case, sample)


def test_a_coding_that_is_none_is_ignored(tmp_path, server):
    body = f"{{{TIME}}}".encode()
    cases = [(body, {"Content-Encoding": coding}) for coding in ("UTF-8", "utf8", "binary", "none", "identity")]
    cases += [(gzip.compress(body), {"Content-Encoding": coding}) for coding in ("gzip", "GZIP")]
    cases += [(zlib.compress(body), {"Content-Encoding": "deflate"})]
    for case, said, sample in read_both(tmp_path, server, cases):
        assert said["computed_time"] == "2026-01-02T03:04:05Z"
        assert is_read(sample), (case, sample)


def test_the_declared_charset_says_what_a_byte_means(tmp_path, server):
    body = f"{{{TIME}}}".replace("T", "\u00a0").encode("latin-1")  # a no-break space, 0xa0, in the time itself
    cases = [(body, {"Content-Type": f"{JSON_TYPE}; charset={charset}"}) for charset in ("ISO-8859-1", "windows-1252", "utf-8")]
    samples = [sample for _, _, sample in read_both(tmp_path, server, cases)]
    assert [is_read(sample) for sample in samples] == [True, True, False]
    assert samples[2]["outcome"] == "time_unreadable"
