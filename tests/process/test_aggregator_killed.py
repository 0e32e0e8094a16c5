"""What probers see while the aggregator is killed (`kill -9`) becomes rows all the same, each once."""

from updates_served import updates_while_the_aggregator_is_away_become_rows


def test_updates_while_the_aggregator_is_killed_become_rows(make_system, mock):
    updates_while_the_aggregator_is_away_become_rows(
        make_system, mock, leave=lambda aggregator: aggregator.kill(), come_back=lambda aggregator: aggregator.start())
