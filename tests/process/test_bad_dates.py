"""A target whose Date header is no clock's: it is told, and neither it nor the others are judged wrongly for it."""

import datetime
import http.server
import threading

import pytest

from harness import System, free_port, metric, wait_for


@pytest.fixture
def dated():
    """A server of fresh data whose Date header is the path: "/Fri,_31_Dec_40000_23:59:59_GMT"; /now has a good one."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            now = datetime.datetime.now(datetime.timezone.utc)
            body = b'{"computed_time": "%s"}' % now.isoformat().encode()
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Date", self.date_time_string() if self.path == "/now" else self.path[1:].replace("_", " "))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def test_a_date_that_is_no_clocks_spoils_nothing(folder, dated):
    dates = {"year_9999": "Fri,_31_Dec_9999_23:59:59_GMT", "year_40000": "Fri,_31_Dec_40000_23:59:59_GMT",
             "year_999999999": "Fri,_31_Dec_999999999_23:59:59_GMT", "year_1994": "Sun,_06_Nov_1994_08:49:37_GMT"}
    servers = {name: {"address": dated + path, "interval": "1s", "notification_threshold": "20s"}
               for name, path in {"good_1": "now", **dates, "good_2": "now"}.items()}
    servers["refused"] = {"address": f"http://127.0.0.1:{free_port()}/", "interval": "1s"}
    system = System(folder, servers, defaults={"failure_threshold": 1})
    port = free_port()
    system.processes["aggregator"].command += ["--http", f"127.0.0.1:{port}"]
    system.start()
    # Long enough for each to go stale, were it not heard.
    wait_for(lambda: (metric(port, "stalewatch_aggregator_samples_total") or 0) > 25 * len(servers), system.trouble)
    told = {(event["target"], event["kind"]) for event in system.told() if event["target"] and event["kind"] != "updated"}
    off = {target for target, kind in told if kind == "clock_off"}
    assert told - {(target, "clock_off") for target in off} == {("refused", "failing")}, told
    assert {"year_9999", "year_40000", "year_1994"} <= off <= set(dates)
    details = [event["detail"] for event in system.told() if event["kind"] == "clock_off"]
    assert all("so far off that nothing goes by it" in detail for detail in details), details
    for what in ("refused_samples", "refused_clock_offsets", "bad_frames", "resends"):
        assert metric(port, f"stalewatch_aggregator_{what}_total") == 0, what
    assert set(system.stop().values()) == {0}
