"""A prober that stood still until it was given up takes up again where it was."""

import signal

from harness import wait_for
from updates_served import LEASE, end, make_counting_system, servers_at, wait_for_more_rows


def test_a_prober_that_stood_still_takes_up_again_where_it_was(make_system, mock):
    system = make_counting_system(make_system, servers_at(mock), transport=LEASE).start()
    wait_for_more_rows(system)
    system.prober.send(signal.SIGSTOP)
    wait_for(lambda: system.told(None, "prober_lost"), system.trouble)
    system.prober.send(signal.SIGCONT)
    wait_for_more_rows(system)
    end(system, mock)
