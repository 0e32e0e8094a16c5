"""Database servers, each started when the first test of a program needs it, and the processes of one test."""

import os

import pytest

pytest.register_assert_rewrite("administrators", "databases", "recorder_world")

from aggregator import Aggregator
from databases import ENGINES, Missing
from recorder_world import Recorder

servers = {}


def engine_of(item):
    param = item.callspec.params["database"]
    return getattr(param, "engine", param)


def pytest_collection_modifyitems(items):
    """$STALEWATCH_ENGINE: only the tests against this one, of $STALEWATCH_ENGINES that have a program each."""
    if "STALEWATCH_ENGINE" not in os.environ:
        return
    for item in items:
        if engine_of(item) not in os.environ["STALEWATCH_ENGINES"].split():
            raise pytest.UsageError(f"{item.nodeid}: this file has no program for its engine in CMakeLists.txt")
    items[:] = [item for item in items if engine_of(item) == os.environ["STALEWATCH_ENGINE"]]


@pytest.fixture(scope="session", autouse=True)
def close_servers():
    yield
    while servers:
        servers.popitem()[1].close()


@pytest.fixture(params=list(ENGINES))
def database(request):
    server = ENGINES.get(request.param, request.param)  # an engine's name, or a class of server that is told apart
    if server not in servers:
        try:
            servers[server] = server()
        except Missing as e:
            if server.engine != "mysql":
                raise
            pytest.skip(f"NOT TESTED WITH MYSQL: {e}")
    return servers[server]


@pytest.fixture
def recorder(tmp_path, database):
    started = []

    def make(*arguments, **credentials):
        started.append(Recorder(tmp_path, database, *arguments, **credentials))
        return started[-1]

    yield make
    for one in started:
        if one.process and one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def aggregator(tmp_path):
    started = []

    def make(**options):
        started.append(Aggregator(tmp_path, **options))
        return started[-1]

    yield make
    for one in started:
        one.close()
