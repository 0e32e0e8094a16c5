"""Reloads that add, move and remove servers, and some that are refused, cost the other servers no update."""

import pathlib
import signal

from harness import wait_for
from updates_served import (LEASE, SERVER, SERVERS, end, make_counting_system, servers_at, wait_for_more_rows,
                            wait_for_more_served)


def test_reloads_under_load_cost_the_other_servers_nothing(make_system, mock):
    system = make_counting_system(make_system, servers_at(mock), transport=LEASE).start()
    wait_for_more_rows(system)

    def reload_with(text=None):
        told = len(system.aggregator.err())
        if text is None:
            system.write_config()
        else:
            pathlib.Path(system.config_path).write_text(text)
        system.aggregator.send(signal.SIGHUP)
        wait_for(lambda: "reloaded" in system.aggregator.err()[told:], system.trouble)

    for turn in range(12):
        name = f"extra{turn % 3}"
        if turn % 4 == 3:
            reload_with("servers: 5\n")
            continue
        servers = system.config["servers"]
        if name in servers and turn % 2:
            del servers[name]
        elif name in servers:
            servers[name]["address"] += "/moved"
        else:
            servers[name] = {"address": f"{mock.url}/{name}", **SERVER}
        reload_with()
        wait_for_more_served(mock, 1)
    wait_for_more_rows(system)
    end(system, mock)
    kinds = {event["kind"] for event in system.recorded() if event["server"] in SERVERS}
    assert kinds == {"updated"}
