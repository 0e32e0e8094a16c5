"""A port for a server that is started later, or stopped and started again."""

import random
import socket

# Below those that the system gives to connections (32768 and more): nobody takes it by chance meanwhile.
FIRST, LAST = 10_000, 32_767


def free_port():
    while True:
        port = random.SystemRandom().randint(FIRST, LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
