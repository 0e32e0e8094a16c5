"""A chat that breaks its answers off, or gives none: what it did not confirm is told again once it is back."""

import pytest

from chat import alarms_and_recoveries_wait


@pytest.mark.parametrize("mode", ["reset", "close_mid_body"])
def test_what_was_posted_without_a_whole_answer_is_repeated(make_system, mock, mode):
    alarms_and_recoveries_wait(make_system, mock, {"mode": mode}, posts=True)


def test_a_call_that_hangs_is_made_again_by_the_next_notifier(make_system, mock):
    """A hanging call ends after 20 s by itself; a restart does not wait for it."""
    alarms_and_recoveries_wait(make_system, mock, {"mode": "hang"}, restart=True)
