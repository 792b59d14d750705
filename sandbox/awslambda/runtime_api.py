"""The Lambda Runtime API (version 2018-06-01) of one environment, on loopback.

Source: the paths and headers that awslambdaric 4.2.2 asks for and reads.
"""

import json
import socket
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Event, Thread

from sandbox.awslambda.invocation import Invocation

PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Reply:
    """What the function's process answered: its result, or an error's description."""

    payload: bytes
    is_error: bool


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: "RuntimeApi"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about connections that break: the process was killed in the middle."""


class RuntimeApi:
    """Hands invocations to one process and takes its answers.

    ``polled`` is set when the process asks for its first invocation, which ends the init phase;
    ``answered`` when a result or an error has come, or an error of the init phase.
    """

    def __init__(self) -> None:
        self.polled = Event()
        self.answered = Event()
        self.reply: Reply | None = None
        self._invocations: SimpleQueue[tuple[Invocation, int] | None] = SimpleQueue()
        self._closed = False
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self._thread = Thread(target=self._serve, name="lambda-runtime-api", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """``host:port``, as ``AWS_LAMBDA_RUNTIME_API`` carries it."""
        return f"127.0.0.1:{self._server.server_port}"

    def dispatch(self, invocation: Invocation, deadline_milliseconds: int) -> None:
        """Give the process its next invocation; the deadline is in the function's own time."""
        self.reply = None
        self.answered.clear()
        self._invocations.put((invocation, deadline_milliseconds))

    def next_invocation(self) -> tuple[Invocation, int] | None:
        """Wait for the next invocation; None when the API closes."""
        self.polled.set()
        return self._invocations.get()

    def answer(self, reply: Reply) -> None:
        """Take what the process has to say."""
        self.reply = reply
        self.answered.set()

    def close(self) -> None:
        """Stop serving; a process that still polls loses its connection and ends."""
        self._closed = True
        self._invocations.put(None)
        # The accept loop blocks without a timeout, so that idle environments cost nothing.
        with socket.create_connection(self._server.server_address[:2], timeout=5):  # type: ignore[arg-type]
            self._thread.join(timeout=5)
        self._server.server_close()

    def _serve(self) -> None:
        while not self._closed:
            self._server.handle_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without these two a warm invocation takes 88 ms and not 8: small writes wait for an ACK.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        if self.path != f"{PREFIX}/invocation/next":
            return self._send(404, b"{}")
        following = self.server.api.next_invocation()
        if following is None:
            self.close_connection = True
            return None
        invocation, deadline_milliseconds = following
        trace = f"Root=1-00000000-{invocation.request_id[-12:]:0>24};Sampled=0"
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_milliseconds),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": trace,
        }
        if invocation.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        return self._send(200, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == f"{PREFIX}/init/error" or self.path.endswith("/error"):
            self._send(202, json.dumps({"status": "OK"}).encode())
            self.server.api.answer(Reply(body, is_error=True))
        elif self.path.endswith("/response"):
            self._send(202, json.dumps({"status": "OK"}).encode())
            self.server.api.answer(Reply(body, is_error=False))
        else:
            self._send(404, b"{}")

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Log no requests: there are two for every invocation."""
