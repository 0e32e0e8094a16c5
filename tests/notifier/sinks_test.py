"""The notifier as a consumer: every sink gets every event, whatever is killed, refuses, is slow or not read."""

import os
import re
import signal
import subprocess
import time

from notifier_world import DEADLINE, NOTIFIER, TOKEN, begin, event, numbers, stop, wait_for


def test_test_messages_go_everywhere_and_say_how_they_were_answered(world):
    def test():
        return subprocess.run([NOTIFIER, "--config", world.config, "--test"], text=True, capture_output=True,
                              timeout=DEADLINE)
    ran = test()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"TEST +stalewatch.*\nok, written\nlog: ok, written to .*\nrocketchat: ok, HTTP 200\n", ran.stdout)
    assert "TEST" in world.log.read_text()
    assert world.webhook.got[0]["text"] == "🔵 stalewatch: test message"
    world.webhook.answer = (404, {"success": False, "error": f"no /hooks/someintegration/{TOKEN} here"})
    ran = test()
    assert ran.returncode == 1
    assert "rocketchat: failed, HTTP 404: no /hooks/***/*** here" in ran.stdout
    assert TOKEN not in ran.stdout + ran.stderr


def test_every_sink_gets_every_event_and_the_aggregator_its_ack(world):
    process = begin(world)
    world.aggregator.publish(event("updated"), event("stale", 2), event("updated", inhibited=True))
    wait_for(lambda: "STALE" in world.terminal())
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    wait_for(lambda: world.aggregator.acked == 3)
    assert "UPDATED" in world.log.read_text() and "#3" not in world.terminal()
    stop(process)
    assert TOKEN not in world.everything_shown()


def test_after_a_restart_it_acknowledges_what_it_had_taken_before_although_nothing_new_comes(world):
    process = begin(world)
    world.aggregator.publish(event("stale", 1), event("fresh_again", 1))
    wait_for(lambda: world.aggregator.acked == 2)
    stop(process)
    world.aggregator.acked = 0
    process = world.start()
    wait_for(lambda: world.aggregator.acked == 2)
    stop(process)


def test_killed_at_any_moment_it_tells_everything_at_least_once_in_order(world):
    begin(world)
    world.processes[-1].kill()
    published = 0
    for life in range(8):
        process = world.start()
        for _ in range(40):
            world.aggregator.publish(event("updated"))
            published += 1
        wait_for(lambda: f"#{published - 20 + life}" in world.terminal())
        process.kill()
        process.wait()
    world.aggregator.publish(event("stale", published + 1))
    process = world.start()
    wait_for(lambda: f"#{published + 1}" in world.terminal())
    wait_for(lambda: f"#{published + 1}" in world.log.read_text())
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    for text in (world.terminal(), world.log.read_text()):
        highest = 0
        for number in numbers(text):
            assert number <= highest + 1
            highest = max(highest, number)
        assert highest == published + 1
    stop(process)


def test_what_chat_did_not_take_is_kept_across_a_restart_and_told_when_it_is_back(world):
    process = begin(world)
    world.webhook.answer = (500, {"success": False})
    calls = world.webhook.calls
    world.aggregator.publish(event("stale", 1))
    wait_for(lambda: world.webhook.calls > calls)
    wait_for(lambda: "STALE" in world.terminal())
    stop(process)
    assert "STALE" in world.log.read_text()
    world.webhook.answer = (200, {"success": True})
    process = world.start()
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    stop(process)
    assert numbers(world.terminal()) == [1]


def test_a_webhook_that_is_gone_is_told_once_on_the_other_sinks(world):
    process = begin(world)
    world.webhook.answer = (404, {"success": False, "error": f"no token {TOKEN}"})
    world.aggregator.publish(event("stale", 1))
    wait_for(lambda: "UNDELIVERED" in world.terminal() and "UNDELIVERED" in world.log.read_text())
    stop(process)
    assert "HTTP 404: no token ***; 1 event waiting" in world.terminal()
    assert TOKEN not in world.everything_shown()


def test_a_slow_chat_delays_nobody_and_nobody_waits_for_it_at_the_end(world):
    process = begin(world)
    world.webhook.answering.clear()
    calls = world.webhook.calls
    world.aggregator.publish(event("stale", 1))
    wait_for(lambda: world.webhook.calls > calls)
    began = time.monotonic()
    world.aggregator.publish(event("updated"))
    wait_for(lambda: "UPDATED" in world.terminal())
    stop(process)
    assert time.monotonic() - began < 18  # a second or two; a call that is not answered ends after 20 s by itself
    assert "does not take a message" not in world.everything_shown()  # it was still waiting for its answer


def test_a_reload_reopens_the_log_and_takes_over_the_webhook_or_nothing(world):
    process = begin(world)
    os.rename(world.log, str(world.log) + ".1")
    world.write_config("terminal: {format: json}")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the configuration is taken over" in world.everything_shown())
    world.aggregator.publish(event("updated"))
    wait_for(lambda: world.log.exists() and "UPDATED" in world.log.read_text())
    wait_for(lambda: '"kind":"updated"' in world.terminal())
    world.config.write_text("servers: [no")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: "stays in force" in world.everything_shown())
    world.aggregator.publish(event("updated"))
    wait_for(lambda: "#2" in world.log.read_text())
    stop(process)


def test_a_terminal_that_nobody_reads_keeps_no_alarm_from_chat(world):
    begin(world)
    world.processes[-1].kill()
    reader, writer = os.pipe()
    process = subprocess.Popen([NOTIFIER, "--config", world.config], stdout=writer, stderr=subprocess.DEVNULL)
    world.processes.append(process)
    world.aggregator.publish(*[event("updated") for _ in range(3000)], event("stale", 3001))
    wait_for(lambda: "PROD is stale" in world.webhook.text())
    assert process.poll() is None
    stop(process)
    os.close(reader)
    os.close(writer)
