"""The HTTP server: loopback only unless told so, a thread for every kept-alive connection."""

import errno
import selectors
import socket
import sys
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any

import werkzeug.serving
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from sandbox.clock import CLOCK

HOST = "127.0.0.1"
_BACKLOG = 512


class PortInUseError(OSError):
    """Another program listens on the wanted port."""


class _NothingUnread:
    """Stands where werkzeug, after an answer, waits 10 ms and reads on.

    It does so for unread bodies, and says that it breaks kept-alive connections: what it reads is
    the client's next request. Our application reads every body.
    """

    def register(self, connection: Any, events: int) -> None:
        """Accept what would be watched."""

    def select(self, timeout: float | None = None) -> list[Any]:
        """Tell that nothing is to be read."""
        return []

    def close(self) -> None:
        """Nothing is open."""


# Only the handler's draining looks these names up there.
werkzeug.serving.selectors = SimpleNamespace(  # type: ignore[attr-defined, assignment]
    DefaultSelector=_NothingUnread, EVENT_READ=selectors.EVENT_READ
)


class _Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one segment; with Nagle's algorithm every answer waits 40 ms.
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        """Answer one request and keep the connection open.

        Werkzeug's own closes every connection, since an application may leave a body unread; ours
        reads every body and answers in one piece.
        """
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        head: list[Any] = []
        try:
            chunks = self.server.app(self.make_environ(), lambda *answer: head.extend(answer))
            self._send(int(head[0].split()[0]), head[1], b"".join(chunks))
        except ConnectionError as error:
            self.close_connection = True
            self.connection_dropped(error)

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if "content-length" not in names and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the header ``Date``: AWS's clock, which here is the sandbox's."""
        return str(super().date_time_string(timestamp or CLOCK.now().timestamp()))

    def log(self, type: str, message: str, *args: Any) -> None:
        """Stay silent: the call log says it better."""


class _Server(ThreadedWSGIServer):
    """Knows its open connections, so that stopping ends kept-alive clients too."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, application: Any, listener: socket.socket) -> None:
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(
            HOST, listener.getsockname()[1], application, _Handler, fd=listener.fileno()
        )

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a failed request on standard error, but not of a client that has gone."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class HttpServer:
    """Serves a WSGI application from a background thread, on 127.0.0.1 if nothing else is said."""

    def __init__(self, application: Any, port: int, host: str = HOST) -> None:
        """Bind the port; 0 takes a free one.

        :param host: all addresses (0.0.0.0) inside a container, where others have to reach it.
        :raises PortInUseError: another program listens there.
        """
        listener = _listen(host, port)
        try:
            self._server = _Server(application, listener)
        finally:
            listener.close()
        self._thread = Thread(target=self._server.serve_forever, name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        """The address on this machine, without a slash at its end."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close every connection."""
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"port {port} on {host} is in use by another program; stop it or choose another "
                "port with --port"
            ) from error
        raise
    return listener
