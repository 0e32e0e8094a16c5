"""Every event becomes its rows once, whatever is killed or away."""

import os
import random
import time
import urllib.error
import urllib.request

from databases import free_port
from recorder_world import any_event, check_rows, without


def read_url(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()
    except urllib.error.URLError:
        return 0, ""


def test_every_event_once_whatever_is_killed(recorder, aggregator, database, tmp_path):
    seed = int(os.environ.get("STALEWATCH_SEED", random.randrange(1 << 30)))
    print(f"STALEWATCH_SEED={seed}")
    choice = random.Random(seed)
    port = free_port()
    with without(database):
        process = recorder("--http", f"127.0.0.1:{port}").start()
        process.wait_for("trying again")
        assert read_url(f"http://127.0.0.1:{port}/readyz")[0] == 503
    process.wait_for("recording engine=")
    source = aggregator(loss=0.3, seed=seed)
    numbers = iter(range(1_000_000))
    for turn in range(6):
        for _ in range(choice.randrange(5, 40)):
            source.publish(*[any_event(next(numbers)) for _ in range(choice.randrange(1, 30))])
            time.sleep(choice.random() * 0.02)
        if turn % 3 == 0:
            process.process.kill()
            process.process.wait()
            process.start()
        elif turn % 3 == 1:
            complaints = process.said().count("the database ")
            with without(database):
                source.publish(*[any_event(next(numbers)) for _ in range(100)])
                process.wait_for("the database ", times=complaints + 1)
        else:
            journal = source.events
            source.close()
            source = aggregator(events=journal, loss=0.3, seed=seed + turn)
    check_rows(process, source)
    status, metrics = read_url(f"http://127.0.0.1:{port}/metrics")
    assert status == 200 and 'stalewatch_recorder_rows_total{table="events"}' in metrics
    assert "stalewatch_recorder_lag_events 0" in metrics
    assert read_url(f"http://127.0.0.1:{port}/readyz")[0] == 200
    process.end()
