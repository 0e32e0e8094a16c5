"""A TCP proxy between the recorder and its database that cuts connections in the middle of a COMMIT."""

import socket
import threading


class CuttingProxy:
    """Forwards everything. Told to, it cuts the next COMMIT off: "before" the database sees it, or "after" it took
    effect and before the client hears so."""

    def __init__(self, port):
        self.target = port
        self.cut = None
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client), daemon=True).start()

    @staticmethod
    def _end(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _forward(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        self._end(source, sink)

    def _to_server(self, client, server):
        try:
            while data := client.recv(65536):
                if self.cut and b"COMMIT" in data:
                    how, self.cut = self.cut, None
                    self.cuts += 1
                    self._end(client)  # nothing of the answer reaches it
                    if how == "after":
                        server.sendall(data)
                        server.settimeout(5)
                        server.recv(65536)
                    break
                server.sendall(data)
        except OSError:
            pass
        self._end(client, server)
