import pathlib
import shutil
import tempfile

import pytest

pytest.register_assert_rewrite("chain", "chat", "harness", "heartbeat", "journal_file", "rows_of_the_table",
                               "stranger", "updates_served")

from harness import Mock, System


def short_folder():
    """A folder with a short path: names of ipc sockets have at most 107 bytes."""
    return pathlib.Path(tempfile.mkdtemp(prefix="sw-"))


@pytest.fixture
def folder():
    path = short_folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def module_folder():
    path = short_folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def mock(folder):
    server = Mock(folder, "--hook-rate", "off").start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def make_system(folder):
    """Makes systems that are ended with the test, whatever becomes of it."""
    systems = []

    def make(servers, name="system", **arguments):
        systems.append(System(folder / name, servers, **arguments))
        return systems[-1]

    yield make
    for system in systems:
        for process in system.processes.values():
            if process.running():
                process.kill()
