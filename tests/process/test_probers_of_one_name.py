"""Two probers of one host call themselves alike: the aggregator gives them names of their own, which rows tell."""

from chain import servers_at, wait_for_more_rows
from harness import Process, wait_for


def test_two_probers_of_one_name_are_told_apart(make_system, mock):
    servers = servers_at(mock)
    for n in range(20):  # who gets which is chance: so many that each prober gets some
        mock.tell(f"/more{n}", "updates", every="300ms")
        servers[f"MORE{n}"] = {**servers["A"], "address": f"{mock.url}/more{n}"}
    system = make_system(servers)
    system.processes["second"] = Process(system.folder, "second", "--config", system.config_path,
                                         executable="stalewatch-prober")
    system.start("aggregator", "recorder", "notifier", "prober")
    wait_for_more_rows(system)
    system.second.start()
    wait_for(lambda: "calls this prober prober-1-2" in system.second.err(), system.trouble)
    assert "calls this prober" not in system.prober.err()

    def probers_of_new_rows(since):
        return {row["prober"] for row in system.query(
            "select prober from stalewatch_updates_events where kind = 'updated' and seq > ?", since)}

    last = max(event["seq"] for event in system.recorded())
    wait_for(lambda: probers_of_new_rows(last) == {"prober-1", "prober-1-2"}, system.trouble)
    joined = [event["name"] for event in system.recorded() if event["kind"] == "prober_joined"]
    assert joined == ["prober-1", "prober-1-2"], system.trouble()
    assert system.second.stop() == 0
    wait_for(lambda: [e["name"] for e in system.recorded() if e["kind"] == "prober_left"] == ["prober-1-2"],
               system.trouble)
