"""What probers see while the aggregator stands still (SIGSTOP) becomes rows once it goes on, each once."""

import signal

from updates_served import updates_while_the_aggregator_is_away_become_rows


def test_updates_while_the_aggregator_stands_still_become_rows(make_system, mock):
    updates_while_the_aggregator_is_away_become_rows(
        make_system, mock, leave=lambda aggregator: aggregator.send(signal.SIGSTOP),
        come_back=lambda aggregator: aggregator.send(signal.SIGCONT))
