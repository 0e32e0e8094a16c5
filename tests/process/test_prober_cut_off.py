"""What a prober sees while it is cut off from the aggregator becomes rows when it is back, each once."""

import yaml

from harness import free_port
from proxy import Proxies, Proxy
from updates_served import (AWAY, LEASE, assert_every_update_once, freeze, make_counting_system, servers_at,
                            wait_for_more_rows, wait_for_more_served)


def test_updates_while_the_prober_is_cut_off_become_rows(make_system, mock):
    ports = {name: free_port() for name in ("samples", "control")}
    transport = {name: f"tcp://127.0.0.1:{port}" for name, port in ports.items()}
    system = make_counting_system(make_system, servers_at(mock), transport={**LEASE, **transport})
    proxies = Proxies(**{name: Proxy(("127.0.0.1", port)) for name, port in ports.items()})
    apart = dict(system.config["transport"], **{name: f"tcp://127.0.0.1:{proxies[name].port}" for name in ports})
    path = system.folder / "prober.yaml"
    path.write_text(yaml.safe_dump({**system.config, "transport": apart}))
    system.prober.command[2] = str(path)
    try:
        system.start()
        wait_for_more_rows(system)
        for sockets in (("samples", "control"), ("samples",)):
            for name in sockets:
                proxies[name].cut()
            wait_for_more_served(mock, AWAY)
            for name in sockets:
                proxies[name].mend()
            wait_for_more_rows(system, 3)
        # For less than a lease: it counts as there all the time, and comes by other connections.
        proxies.all("drop")
        wait_for_more_rows(system, 5)
        freeze(mock)
        assert_every_update_once(system, mock)
        assert system.prober.stop() == 0
    finally:
        proxies.all("cut")
