"""A chat that refuses what it is told, or cannot be reached: all of it is told once it is back, in order."""

import pytest

from chat import alarms_and_recoveries_wait

TROUBLES = {
    "answers 500": {"mode": "status:500"},
    "answers 200 without success": {"mode": "success_false"},
    "refuses": {"mode": "refuse"},
}


@pytest.mark.parametrize("name", TROUBLES)
def test_alarms_and_recoveries_wait_for_a_chat_that_refuses(make_system, mock, name):
    alarms_and_recoveries_wait(make_system, mock, TROUBLES[name])
