"""A TCP proxy that can cut, hold and delay what goes through it."""

import contextlib
import socket
import threading
import time

PIECE = 1 << 16


class Proxy:
    """Listens on a port, a free one if none is named, and forwards to `target` (host, port)."""

    def __init__(self, target, host="127.0.0.1", port=0):
        self.target, self.host = target, host
        self.delay = 0.0
        self._open = threading.Event()  # cleared: new connections are refused
        self._flowing = threading.Event()  # cleared: nothing is forwarded, nothing is closed
        self._flowing.set()
        self._pairs, self._lock = set(), threading.Lock()
        self._listener = None
        self._listen(port)
        self.port = self._listener.getsockname()[1]

    def _listen(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, port))
        listener.listen(64)
        self._listener = listener
        self._open.set()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client):
        try:
            server = socket.create_connection(self.target, timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        pair = (client, server)
        with self._lock:
            if not self._open.is_set():
                return self._close(pair)
            self._pairs.add(pair)
        for source, sink in (pair, pair[::-1]):
            threading.Thread(target=self._forward, args=(source, sink, pair), daemon=True).start()

    def _forward(self, source, sink, pair):
        with contextlib.suppress(OSError):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(PIECE):
                self._flowing.wait()
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
        self._close(pair)

    def _close(self, pair):
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self):
        """Closes every connection and refuses new ones."""
        self._open.clear()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self):
        """Closes every connection; new ones are welcome."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            self._close(pair)

    def mend(self):
        if not self._open.is_set():
            self._listen(self.port)

    def hold(self):
        """Nothing gets through, and nobody is told: a black hole."""
        self._flowing.clear()

    def release(self):
        self._flowing.set()


class Proxies:
    """Several that fail together: all sockets between two parties."""

    def __init__(self, **proxies):
        self.proxies = proxies

    def __getitem__(self, name):
        return self.proxies[name]

    def all(self, deed):
        for proxy in self.proxies.values():
            getattr(proxy, deed)()

    def delay(self, seconds):
        for proxy in self.proxies.values():
            proxy.delay = seconds
