"""What each answer leads to: the mock server's modes against the real processes, all in one running system."""

import concurrent.futures
import datetime

import pytest

from certificates import Authority
from harness import Mock, System, wait_for
from rows_of_the_table import CADENCE, INTERVAL, ROWS, SLOWNESS

# A row takes some ten seconds; on a busy machine several times that.
PLAY_DEADLINE = 120.0 * SLOWNESS
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Walk:
    """The running system and what the plays need of it."""

    def __init__(self, folder):
        self.folder = folder
        self.mock = Mock(folder, "--hook-rate", "off").start()
        self.authority = Authority(folder)
        self.other_mocks = {}
        for row in ROWS:
            if row.address in ("tls", "other"):
                self.start_other_mock(row)
            self.mock.tell(f"/{row.key}", every=CADENCE)
            if row.start:
                self.mock.tell(f"/{row.key}", **row.start)
        self.mock.tell("/redirect-goal", every=CADENCE)
        self.system = System(folder, {row.key: self.server(row) for row in ROWS},
                             defaults={"interval": INTERVAL, "timeout": INTERVAL, "notification_threshold": "1h",
                                       "tls": {"ca_file": str(self.authority.certificate)}, "notification": False})

    def start_other_mock(self, row):
        arguments = {
            "tls-wrong-host": lambda: self.authority.issue(row.key, "DNS:other.example"),
            "tls-expired": lambda: self.authority.issue(row.key, expired=True),
            "tls-self-signed": lambda: self.authority.self_signed(row.key),
            "port-refuses": lambda: [],
        }[row.key]()
        words = ["--path", f"/{row.key}=updates,every={CADENCE}"]
        self.other_mocks[row.key] = Mock(self.folder, *words, *arguments, name=f"mock-{row.key}").start()

    def serve_good_certificate(self, row):
        old = self.other_mocks[row.key]
        old.stop()
        words = ["--path", f"/{row.key}=updates,every={CADENCE}"]
        self.other_mocks[row.key] = Mock(self.folder, *words, *self.authority.issue(f"{row.key}-good"),
                                         name=f"mock-{row.key}-good", port=old.port).start()

    def server(self, row):
        if row.address in ("tls", "other"):
            address = f"{self.other_mocks[row.key].url}/{row.key}"
        else:
            address = row.address or f"{self.mock.url}/{row.key}"
        return {"address": address, **row.server}

    def tell(self, row, mode=None, **words):
        # What a row does from the start is its "ok".
        if mode == "ok" and row.trouble.get("format"):
            words = {"format": "rfc3339", "utc_offset": "Z"}
        self.mock.tell(f"/{row.key}", mode, **words)

    def freeze(self, row):
        """The data stand still, and the time they stand at has been seen."""
        frozen = self.microseconds(self.mock.tell(f"/{row.key}", "frozen")["computed_at"])
        self.wait_for(lambda: frozen in [self.microseconds(event["computed_at"])
                                         for event in self.told(row, "updated")], row)

    def answers(self, row):
        return self.mock.log(f"/{row.key}")

    def told(self, row, *kinds):
        return self.system.told(row.key, *kinds)

    def before(self, row, kind):
        events = self.told(row)
        return events[:[event["kind"] for event in events].index(kind)]

    def recorded(self, row, kind, **columns):
        return [event for event in self.system.recorded() if event["server"] == row.key and event["kind"] == kind
                and all(event[name] == value for name, value in columns.items())]

    @staticmethod
    def microseconds(text):
        """Of an instant such as 2026-11-22T10:02:03.5Z, since the epoch."""
        since_epoch = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH
        return since_epoch // datetime.timedelta(microseconds=1)

    def wait_for(self, condition, row):
        wait_for(condition, lambda: f"{row.key}: {self.system.kinds(row.key)}", PLAY_DEADLINE, pause=0.2)

    def wait_for_events(self, row, kind, count):
        self.wait_for(lambda: len(self.told(row, kind)) >= count, row)

    def wait_for_update_after(self, row, kind):
        """An update, told after the last event of that kind."""
        def seen():
            kinds = self.system.kinds(row.key)
            return kind in kinds and "updated" in kinds[len(kinds) - 1 - kinds[::-1].index(kind):]

        self.wait_for(seen, row)

    def end(self):
        """The prober first, and the others when all that came of its samples is told and recorded: the exit codes."""
        codes = {"prober": self.system.prober.stop()}
        wait_for(lambda: self.system.published("updated")
                 == [event["seq"] for event in self.system.told(None, "updated")]
                 == [event["seq"] for event in self.system.recorded() if event["kind"] == "updated"],
                 self.system.trouble, PLAY_DEADLINE)
        return codes | self.system.stop()

    def play_all(self):
        with concurrent.futures.ThreadPoolExecutor(len(ROWS)) as pool:
            return {row.key: pool.submit(row.play, self, row) for row in ROWS}


@pytest.fixture(scope="module")
def walk(module_folder):
    walk = Walk(module_folder)
    try:
        walk.system.start()
        walk.plays = walk.play_all()
        walk.prober_peak = walk.system.prober.peak_memory()
        walk.exit_codes = walk.end()
        yield walk
    finally:
        for process in walk.system.processes.values():
            if process.running():
                process.kill()
        for mock in (walk.mock, *walk.other_mocks.values()):
            mock.stop()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_answer_leads_to(row, walk):
    expected = walk.plays[row.key].result()
    told = walk.told(row)
    assert [event["kind"] for event in told if event["kind"] != "updated"] == expected
    for event in told:
        if event["kind"] in ("failing", "still_failing"):
            assert event["reason"] == row.reason
            assert row.detail in event["detail"]
    # Openings and closings carry the number of the opening event.
    for opening, closing in (("failing", "answering_again"), ("clock_off", "clock_ok")):
        for opened, closed in zip(walk.told(row, opening), walk.told(row, closing)):
            assert opened["episode"] == opened["seq"] == closed["episode"]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rows_are_the_updates(row, walk):
    """Each told update is one row, and the rows form a chain of times that the server really sent."""
    walk.plays[row.key].result()
    rows = walk.system.rows(row.key)
    assert [r["seq"] for r in rows] == [event["seq"] for event in walk.told(row, "updated")]
    adopted = [event for event in walk.told(row, "went_back") if "adopted" in event["detail"]]
    breaks = {walk.microseconds(event["computed_at"]) for event in adopted}  # the chain goes on from there
    for earlier, later in zip(rows, rows[1:]):
        assert later["previous_computed_at_us"] in {earlier["computed_at_us"], *breaks}
        difference = later["computed_at_us"] - later["previous_computed_at_us"]
        assert later["diff_seconds"] == pytest.approx(difference / 1e6)
    source = "redirect-goal" if row.key == "redirect-followed" else row.key
    if row.address:
        return  # another server's log
    sent = {walk.microseconds(answer["computed_at"]) for answer in walk.mock.log(f"/{source}")
            if answer["computed_at"]}
    assert {r["computed_at_us"] for r in rows} <= sent


def test_every_event_is_recorded_once(walk):
    numbers = [event["seq"] for event in walk.system.recorded()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_large_answers_leave_the_memory_flat(walk):
    """A body of 10 MiB and a bomb of 64 MiB came several times."""
    if walk.prober_peak is None:
        pytest.skip("a sanitizer's own memory says nothing")
    assert walk.prober_peak < 64 << 20


def test_all_processes_end_cleanly(walk):
    assert walk.exit_codes == {"aggregator": 0, "notifier": 0, "recorder": 0, "prober": 0}, walk.system.trouble()
