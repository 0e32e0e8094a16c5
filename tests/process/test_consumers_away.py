"""What happens while recorder and notifier are away reaches both when they are back."""

import pytest

from chain import PATIENT, assert_nothing_lost_or_doubled, ends_together, servers_at, wait_for_more_rows
from harness import wait_for


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_what_happens_while_a_consumer_is_away_reaches_it(kill, make_system, mock):
    system = make_system(servers_at(mock, **PATIENT)).start()
    wait_for_more_rows(system)
    for name in ("recorder", "notifier"):
        if kill:
            system.processes[name].kill()
        else:
            assert system.processes[name].stop() == 0
    mock.tell("/A", "status:500")
    wait_for(lambda: [a["status"] for a in mock.log("/A")].count(500) >= 5)
    mock.tell("/A", "ok")
    good = len([a for a in mock.log("/A") if a["status"] == 200])
    wait_for(lambda: len([a for a in mock.log("/A") if a["status"] == 200]) >= good + 3)
    system.start("recorder", "notifier")
    wait_for(lambda: system.told("A", "answering_again"), system.trouble)
    wait_for_more_rows(system)
    ends_together(system)
    assert [kind for kind in system.kinds("A") if kind != "updated"] == ["failing", "answering_again"]
    assert_nothing_lost_or_doubled(system)
