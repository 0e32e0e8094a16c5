"""What probers see after the aggregator was ended, and until it is started again, becomes rows, each once."""

from updates_served import updates_while_the_aggregator_is_away_become_rows


def test_updates_while_the_aggregator_is_ended_become_rows(make_system, mock):
    def leave(aggregator):
        assert aggregator.stop() == 0

    updates_while_the_aggregator_is_away_become_rows(
        make_system, mock, leave=leave, come_back=lambda aggregator: aggregator.start())
