"""A restarted aggregator neither forgets what is open nor tells it again."""

import pytest

from chain import (PATIENT, assert_nothing_lost_or_doubled, ends_together, servers_at, wait_for_more_rows,
                   wait_for_more_rows_of)
from harness import wait_for


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_a_restarted_aggregator_neither_forgets_nor_repeats(kill, make_system, mock):
    system = make_system(servers_at(mock, **PATIENT), transport={"lease": "1s"}).start()
    wait_for_more_rows(system)
    mock.tell("/A", "status:500")
    wait_for(lambda: system.told("A", "failing"), system.trouble)
    system.restart("aggregator", kill)
    wait_for_more_rows_of(system, ("B", "C"))
    assert len(system.told("A", "failing")) == 1
    mock.tell("/A", "ok")
    wait_for(lambda: system.told("A", "answering_again"), system.trouble)
    ends_together(system)
    assert system.kinds("A", "updated") == ["failing", "answering_again"]
    assert_nothing_lost_or_doubled(system)
