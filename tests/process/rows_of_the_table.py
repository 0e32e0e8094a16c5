"""The table "what each answer leads to": one Row per kind of answer, and how each is played.

A play runs in a thread of its own against one system that watches all rows at once. It tells the mock server what to
do, waits for what must come of it, and returns the kinds of events, besides `updated`, that must have been told in
exactly this order.
"""

import dataclasses
import datetime
import os
import typing
import zoneinfo

# A probe that times out is a failure: none may because the machine is slow.
SLOWNESS = int(os.environ.get("STALEWATCH_SLOWNESS", 1))
INTERVAL = f"{2 * SLOWNESS}s"
CADENCE = "500ms"
STALE_AFTER = f"{10 * SLOWNESS}s"
FAILED = ["failing", "answering_again"]


@dataclasses.dataclass
class Row:
    key: str
    play: typing.Callable
    server: dict = dataclasses.field(default_factory=dict)   # beside the address
    trouble: dict = dataclasses.field(default_factory=dict)  # what the mock is told
    start: dict = dataclasses.field(default_factory=dict)    # what it does from the start
    reason: str = ""
    detail: str = ""                                         # must stand in the detail of the failure
    address: str = ""                                        # when it is not a path of the one mock server

    def __str__(self):
        return self.key


def updates(walk, row):
    walk.wait_for_events(row, "updated", 4)
    return []


def fails_and_recovers(walk, row):
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, **row.trouble)
    walk.wait_for_events(row, "failing", 1)
    walk.tell(row, "ok")
    walk.wait_for_events(row, "answering_again", 1)
    walk.wait_for_update_after(row, "answering_again")
    return FAILED


def only_fails(walk, row):
    walk.wait_for_events(row, "failing", 1)
    return FAILED[:1]


def port_refuses(walk, row):
    mock = walk.other_mocks[row.key]
    walk.wait_for_events(row, "updated", 1)
    mock.control(listening=False)
    walk.wait_for_events(row, "failing", 1)
    mock.control(listening=True)
    walk.wait_for_update_after(row, "failing")
    return FAILED


def bad_certificate(walk, row):
    walk.wait_for_events(row, "failing", 1)
    walk.serve_good_certificate(row)
    walk.wait_for_events(row, "answering_again", 1)
    walk.wait_for_events(row, "updated", 1)
    return FAILED


def freezes(walk, row):
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, "frozen")
    walk.wait_for_events(row, "still_stale", 2)
    rows_then = len(walk.system.rows(row.key))
    walk.tell(row, "updates")
    walk.wait_for_events(row, "fresh_again", 1)
    walk.wait_for_update_after(row, "fresh_again")
    assert rows_then == len([e for e in walk.before(row, "stale") if e["kind"] == "updated"])
    reminders = [e for e in walk.told(row) if e["kind"] == "still_stale"]
    assert [e["repeat_number"] for e in reminders] == list(range(1, len(reminders) + 1))
    first = walk.told(row, "stale")[0]
    grid = [walk.microseconds(reminder["at"]) - walk.microseconds(first["decided_at"]) for reminder in reminders]
    assert grid == [1000000 * e["repeat_number"] for e in reminders]  # first announcement + k x msg_interval, exactly
    return ["stale", *["still_stale"] * len(reminders), "fresh_again"]


def one_failure(walk, row):
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, "fail_once")
    walk.wait_for(lambda: any(a["status"] == 500 for a in walk.answers(row)), row)
    walk.wait_for_events(row, "updated", len(walk.told(row, "updated")) + 4)
    return []


def steps_back_once(walk, row):
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, "older", by="10m", count=1)
    walk.wait_for_events(row, "went_back", 1)
    walk.wait_for_events(row, "updated", len(walk.told(row, "updated")) + 4)
    return ["went_back"]


def steps_back_for_good(walk, row):
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, "older", by="10m")
    walk.wait_for_events(row, "went_back", 2)
    assert "adopted" in walk.told(row, "went_back")[1]["detail"]
    walk.wait_for_update_after(row, "went_back")
    return ["went_back", "went_back"]


def clock_is_off(walk, row):
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, **row.trouble)
    walk.wait_for_events(row, "clock_off", 1)
    walk.tell(row, date_offset="0s")
    walk.wait_for_events(row, "clock_ok", 1)
    return ["clock_off", "clock_ok"]


def fails_while_stale(walk, row):
    """The failure inhibits the staleness; both end with the same answer."""
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, "frozen")
    walk.wait_for_events(row, "stale", 1)
    walk.tell(row, "status:500")
    walk.wait_for_events(row, "failing", 1)
    walk.tell(row, "updates")
    walk.wait_for_events(row, "answering_again", 1)
    walk.wait_for_events(row, "fresh_again", 1)
    return ["stale", "failing", "answering_again", "fresh_again"]


def fails_while_stale_apart(walk, row):
    """The failure ends first: the staleness that was announced before goes on."""
    walk.wait_for_events(row, "updated", 1)
    walk.tell(row, "frozen")
    walk.wait_for_events(row, "stale", 1)
    walk.tell(row, "status:500")
    walk.wait_for_events(row, "failing", 1)
    walk.tell(row, "ok")
    walk.wait_for_events(row, "answering_again", 1)
    walk.tell(row, "updates")
    walk.wait_for_events(row, "fresh_again", 1)
    return ["stale", "failing", "answering_again", "fresh_again"]


def stale_while_failing(walk, row):
    """Nobody is told of the staleness until the failure has ended."""
    walk.wait_for_events(row, "updated", 1)
    walk.freeze(row)  # before it fails: no newer time may come with the recovery
    walk.tell(row, "status:500")
    walk.wait_for_events(row, "failing", 1)
    walk.wait_for(lambda: walk.recorded(row, "stale", inhibited=1), row)
    assert not walk.told(row, "stale")
    walk.tell(row, "ok")
    walk.wait_for_events(row, "stale", 1)
    assert walk.told(row, "stale")[0]["announced"]
    walk.tell(row, "updates")
    walk.wait_for_events(row, "fresh_again", 1)
    return ["failing", "answering_again", "stale", "fresh_again"]


def stale_within_failing(walk, row):
    """Both end with the same answer: the staleness is never told."""
    walk.wait_for_events(row, "updated", 1)
    walk.freeze(row)  # before it fails: no newer time may come with the recovery
    walk.tell(row, "status:500")
    walk.wait_for(lambda: walk.recorded(row, "stale", inhibited=1), row)
    walk.tell(row, "updates")
    walk.wait_for_update_after(row, "answering_again")
    walk.wait_for(lambda: walk.recorded(row, "fresh_again", inhibited=1), row)
    return FAILED


def failing(key, reason, detail="", server=None, **trouble):
    return Row(key, fails_and_recovers, reason=reason, detail=detail, server=server or {}, trouble=trouble)


def bad_value(key, text, reason="time_unreadable", detail=None):
    return failing(key, reason, text.strip('"') if detail is None else detail, mode=f"value:{text}")


def written(key, time_format="auto", timezone=None, **style):
    server = {"time_format": time_format, **({"timezone": timezone} if timezone else {})}
    return Row(f"format-{key}", updates, server=server, start=style)


def offset_of(zone):
    offset = datetime.datetime.now(zoneinfo.ZoneInfo(zone)).strftime("%z")
    return f"{offset[:3]}:{offset[3:]}"


FORMATS = [
    written("rfc3339", format="rfc3339"),
    written("no-fraction", format="rfc3339", digits=0, every="1s"),
    written("nine-digits", format="rfc3339", digits=9),
    written("milliseconds", format="rfc3339", digits=3),
    written("lower-case", format="rfc3339_lower"),
    written("space", format="rfc3339_space"),
    written("offset", format="rfc3339_offset", utc_offset="+02:00"),
    written("compact-offset", format="rfc3339_offset_compact", utc_offset="-03:30"),
    written("hours-offset", format="rfc3339_offset_hours", utc_offset="+02:00"),
    written("python", format="python"),
    written("python-named", "python", format="python"),
    written("python-aware", format="python_aware", utc_offset="+05:30"),
    written("rfc1123", format="rfc1123", every="1s"),
    written("epoch-s", format="epoch_s", every="1s"),
    written("epoch-fraction", format="epoch_s", digits=3),
    written("epoch-ms", format="epoch_ms"),
    written("epoch-us", format="epoch_us"),
    written("epoch-ns", format="epoch_ns"),
    written("epoch-text", format="epoch_ms_text"),
    written("epoch-named", "epoch_ms", format="epoch_ms"),
    written("local", timezone="Asia/Kolkata", format="local", utc_offset=offset_of("Asia/Kolkata")),
    written("pattern", "%d.%m.%Y %H:%M:%S", format="%d.%m.%Y %H:%M:%S", every="1s"),
]

ROWS = [
    Row("updates", updates),
    Row("freezes", freezes, server={"notification_threshold": STALE_AFTER, "msg_interval": "1s"}),
    failing("status-404", "http_status", "404", mode="status:404"),
    failing("status-500", "http_status", "500", mode="status:500"),
    failing("status-204", "http_status", "204", mode="status:204"),
    failing("status-304", "http_status", "304", mode="status:304"),
    failing("redirect", "http_status", "302", mode="redirect", to="/elsewhere"),
    failing("redirect-loop", "http_status", server={"follow_redirects": True}, mode="redirect"),
    Row("port-refuses", port_refuses, reason="connect", detail="refused", address="other"),
    failing("resets-at-once", "connect", mode="refuse"),
    failing("resets", "connect", mode="reset"),
    failing("closes-mid-body", "connect", mode="close_mid_body"),
    failing("hangs", "timeout", mode="hang"),
    failing("trickles", "timeout", mode="trickle"),
    Row("no-such-name", only_fails, reason="dns", address="http://no-such-name.invalid/version"),
    Row("tls-wrong-host", bad_certificate, reason="tls", detail="not for this host", address="tls"),
    Row("tls-expired", bad_certificate, reason="tls", detail="expired", address="tls"),
    Row("tls-self-signed", bad_certificate, reason="tls", detail="self-signed", address="tls"),
    failing("big-body", "too_large", mode="big_body"),
    failing("gzip-bomb", "too_large", mode="gzip_bomb", size="64MiB"),
    failing("html", "not_json", mode="html"),
    failing("truncated-json", "not_json", mode="truncated_json"),
    failing("empty-body", "not_json", mode="empty"),
    failing("field-missing", "field_missing", mode="field_missing"),
    failing("field-null", "field_missing", "null", mode="field_null"),
    failing("field-object", "field_missing", "object", mode="field_object"),
    bad_value("value-empty", '""'),
    bad_value("value-soon", '"soon"'),
    bad_value("value-no-such-day", '"2026-02-30"'),
    bad_value("value-no-such-hour", '"25:00"'),
    bad_value("value-zero", "0"),
    bad_value("value-year-1", '"0001-01-01T00:00:00Z"'),
    bad_value("value-2099", '"2099-01-01T00:00:00Z"', "time_in_future"),
    failing("local-time-ahead", "time_in_future", "local time without an offset?",
            format="local", utc_offset="+02:00"),
    Row("older-once", steps_back_once),
    Row("older-for-good", steps_back_for_good),
    Row("one-failure", one_failure),
    Row("gzip", updates, start={"mode": "gzip"}),
    Row("invalid-utf8-beside", updates, start={"mode": "invalid_utf8"}),
    Row("chunked", updates, start={"mode": "chunked"}),
    Row("redirect-followed", updates, server={"follow_redirects": True},
        start={"mode": "redirect", "to": "/redirect-goal"}),
    Row("nested-field", updates, server={"time_field": "data.items.1.mtime"}, start={"field": "data.items.1.mtime"}),
    Row("date-off", clock_is_off, trouble={"date_offset": "5m"}),
    Row("fails-while-stale", fails_while_stale, reason="http_status",
        server={"notification_threshold": STALE_AFTER}),
    Row("fails-while-stale-apart", fails_while_stale_apart, reason="http_status",
        server={"notification_threshold": STALE_AFTER}),
    Row("stale-while-failing", stale_while_failing, reason="http_status",
        server={"notification_threshold": STALE_AFTER}),
    Row("stale-within-failing", stale_within_failing, reason="http_status",
        server={"notification_threshold": STALE_AFTER}),
    *FORMATS,
]
