"""The example of docs/consumer.py against the real aggregator: each event once, whatever is restarted."""

import json
import pathlib
import subprocess
import sys

import pytest

from harness import wait_for
from journal_file import journal_query

EXAMPLE = pathlib.Path(__file__).parents[2] / "docs" / "consumer.py"


class Consumer:
    def __init__(self, system, folder):
        transport = system.config["transport"]
        self.command = [sys.executable, EXAMPLE, folder / "cursor", transport["control"], transport["events"]]
        self.out_path, self.err_path = folder / "consumer.out", folder / "consumer.err"
        self.popen = None

    def start(self):
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.popen = subprocess.Popen(list(map(str, self.command)), stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def end(self):
        self.popen.kill()
        self.popen.wait()

    def numbers(self):
        text = self.out_path.read_text()
        return [json.loads(line)["seq"] for line in text[:text.rfind("\n") + 1].splitlines()]

    def said(self):
        return self.err_path.read_text()


@pytest.fixture
def consumer(folder):
    made = []

    def make(system):
        made.append(Consumer(system, folder))
        return made[-1]
    yield make
    for one in made:
        if one.popen and one.popen.poll() is None:
            one.end()


def wait_for_more(consumer, system, count=5):
    before = len(consumer.numbers())
    wait_for(lambda: len(consumer.numbers()) >= before + count, lambda: consumer.said() + system.trouble())


def test_it_fits_a_screen():
    assert len(EXAMPLE.read_text().splitlines()) <= 90


def test_the_example_prints_each_event_once_across_restarts(make_system, mock, consumer):
    mock.tell("/orders", "updates", every="300ms")
    system = make_system({"orders": {"address": f"{mock.url}/orders", "interval": "200ms", "timeout": "200ms"}})
    system.config["journal"]["consumers"] = ["example"]
    system.write_config()
    system.start("aggregator", "prober")
    example = consumer(system)
    wait_for(lambda: system.aggregator.running() and "started targets" in system.aggregator.err(), system.trouble)
    wait_for(lambda: journal_query(system, "select count(*) from events")[0][0] > 5, system.trouble)
    example.start()
    wait_for_more(example, system)
    for kill in (True, False):
        system.restart("aggregator", kill=kill)
        wait_for_more(example, system)
    # While it is away, events go on; it comes back with its cursor.
    wait_for(lambda: journal_query(system, "select seq from consumers where seq > 0"), system.trouble)
    example.end()
    head = journal_query(system, "select max(seq) from events")[0][0]
    wait_for(lambda: journal_query(system, "select max(seq) from events")[0][0] > head + 5, system.trouble)
    example.start()
    wait_for_more(example, system, 10)
    assert system.processes["prober"].stop() == 0
    head = None

    def settled():
        nonlocal head
        before, head = head, journal_query(system, "select max(seq) from events")[0][0]
        return before == head and example.numbers()[-1] == head
    wait_for(settled, example.said, pause=1)
    numbers = example.numbers()
    expected = [seq for seq, in journal_query(system, "select seq from events order by seq")]
    # It was killed at an arbitrary moment: the one event whose cursor was not written yet may stand there twice.
    repeats = len(numbers) - len(set(numbers))
    assert repeats <= 1
    assert sorted(set(numbers)) == expected and numbers == sorted(numbers)
    assert example.said() == ""
    assert set(system.stop().values()) == {0}
