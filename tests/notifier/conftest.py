import pytest

pytest.register_assert_rewrite("notifier_world")

from notifier_world import World


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    for process in world.processes:
        if process.poll() is None:
            process.kill()
            process.wait()
    if world.aggregator:
        world.aggregator.stop()
    world.webhook.answering.set()
    world.webhook.server.shutdown()
