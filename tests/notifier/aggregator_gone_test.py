"""That the aggregator is gone and is back is told everywhere, once."""

from notifier_world import Aggregator, begin, stop, wait_for


def test_an_aggregator_that_dies_is_told_everywhere_also_in_chat(world):
    process = begin(world)
    world.aggregator.stop()
    wait_for(lambda: "AGGREGATOR LOST" in world.terminal() and "AGGREGATOR LOST" in world.log.read_text())
    wait_for(lambda: "aggregator is silent" in world.webhook.text())
    own_log = (world.folder / "stderr").read_text()
    assert own_log.count("waiting for the aggregator control=ipc://") == 1
    assert "no sign of life" not in own_log, "the sinks say it"
    process.kill()
    process.wait()
    process = world.start()
    wait_for(lambda: (world.folder / "stderr").read_text().count("waiting for the aggregator") == 2)
    world.aggregator = Aggregator(world.folder)
    wait_for(lambda: "AGGREGATOR BACK" in world.terminal())
    wait_for(lambda: "aggregator is back" in world.webhook.text())
    assert world.terminal().count("AGGREGATOR LOST") == 1
    stop(process)
    assert "notifier: stopped" in world.everything_shown()
