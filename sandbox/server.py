"""The sandbox as an object: start it, reset it, reach it, stop it."""

import json
import os
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from botocore.config import Config

from sandbox import accounts, environment, extensions
from sandbox.app import Application
from sandbox.clock import CLOCK
from sandbox.control import Control
from sandbox.crashes import Crash
from sandbox.deployment import Deployment
from sandbox.http import HOST, HttpServer
from sandbox.lifecycle import LIFECYCLE
from sandbox.playground import Playground
from sandbox.scheduling.timeline import TIMELINE
from sandbox.sessions import make_session
from sandbox.state_image import StateImage
from sandbox.temporary import make_directory, remove_directory

_opener = build_opener(ProxyHandler({}))
_PATIENT = Config(read_timeout=240)


class ControlRequestError(Exception):
    """The control API refused a request: HTTP status and the faults it names."""

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"HTTP {status}: {answer}")
        self.status = status
        self.answer = answer


class Sandbox:
    """Two AWS accounts behind one HTTP address on the loopback interface.

    Moto's state belongs to the process, so only one sandbox runs in a process at a time.

    :param port: 0 takes a free port.
    :param bare: two empty accounts; else with a playground, whose policies are enforced. A bare
        sandbox also lets moto's own tests in, into an account of theirs.
    :param host: where to listen; other than loopback only in a container.
    """

    _running: "Sandbox | None" = None

    def __init__(self, port: int = 0, bare: bool = False, host: str = HOST) -> None:
        self.bare = bare
        self._port = port
        self._host = host
        self._lock = RLock()
        self._http: HttpServer | None = None
        self._directory: Path | None = None
        self._deployment: Deployment | None = None
        self._playground: Playground | None = None
        self._outputs: dict[str, dict[str, str]] = {}
        self._image: StateImage | None = None
        self._application = Application(self._control_request)
        self._control = Control(
            self._application.recorder,
            self._application.faults,
            self._application.crashes,
            self._application.guard,
            self.reset,
        )

    def start(self) -> Self:
        """Listen, and build what belongs to the accounts from the start.

        :raises PortInUseError: another program listens on the port.
        :raises RuntimeError: a sandbox runs in this process, or ``MOTO_ACCOUNT_ID`` is set.
        """
        if Sandbox._running is not None:
            raise RuntimeError(f"a sandbox already runs in this process at {Sandbox._running.url}")
        if "MOTO_ACCOUNT_ID" in os.environ:
            raise RuntimeError("MOTO_ACCOUNT_ID makes all accounts one: unset it")
        extensions.install()
        self._http = HttpServer(self._application, self._port, self._host)
        Sandbox._running = self
        try:
            self._directory = make_directory("aws-sandbox-")
            environment.write_profiles(self._directory)
            extensions.configure(
                self.url,
                self._application.guard,
                self._application.faults,
                self._application.crashes,
            )
            variables = environment.client_variables(self.url, self._directory)
            self._deployment = Deployment(self._directory, variables)
            self._playground = Playground(self.client, self._deployment)
            self._application.moto_account.is_open = self.bare
            self._http.start()
            self.reset()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop answering, end function processes, delete files and forget all data."""
        if Sandbox._running is not self:
            return
        if self._http is not None:
            self._http.stop()
        self._forget()
        self._image = None
        extensions.close()
        if self._deployment is not None:
            self._deployment.close()
        if self._directory is not None:
            remove_directory(self._directory)
        Sandbox._running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of every service."""
        if self._http is None:
            raise RuntimeError("the sandbox is not running: call start()")
        return self._http.url

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which other programs find the sandbox."""
        if self._directory is None:
            raise RuntimeError("the sandbox is not running: call start()")
        return environment.exports(self.url, self._directory, self.outputs)

    @property
    def outputs(self) -> dict[str, dict[str, str]]:
        """The outputs of the playground's stacks, by the stack's name; empty in a bare sandbox."""
        return {} if self.bare else self._outputs

    @property
    def commands(self) -> Path:
        """Folder of an AWS command line that is ready at once, to put on the PATH."""
        if self._deployment is None:
            raise RuntimeError("the sandbox is not running: call start()")
        return self._deployment.commands

    @property
    def crashes(self) -> list[Crash]:
        """Unexpected exceptions inside the sandbox since the last reset."""
        return self._application.crashes.all()

    def client(self, service: str, account: str = "source", **arguments: Any) -> Any:
        """Return a boto3 client with an account's administrator key.

        :param account: ``source`` or ``target``.
        :param arguments: more arguments of ``Session.client``, such as ``config``.

        It waits long for an answer: boto3 sends a call again that it has given up on, and a busy
        machine's late success would turn into "already exists".
        """
        config = _PATIENT.merge(arguments.pop("config", None) or Config())
        owner = accounts.ACCOUNTS[account]
        session = make_session(
            aws_access_key_id=owner.access_key_id,
            aws_secret_access_key=owner.secret_access_key,
            region_name=accounts.REGION,
        )
        return session.client(service, endpoint_url=self.url, config=config, **arguments)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Send a control request over HTTP and return the JSON of its answer.

        :param path: with or without the leading ``/_sandbox/``.
        :raises ControlRequestError: the request was refused.
        """
        address = f"{self.url}/_sandbox/{path.removeprefix('/_sandbox/').lstrip('/')}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(address, data, {"Content-Type": "application/json"}, method=method)
        try:
            with _opener.open(request) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                raise ControlRequestError(error.code, json.load(error)) from error

    def reset(self, bare: bool | None = None) -> None:
        """Return to the state after the start: no data, faults, calls, and the real time.

        :param bare: changes what the start state is, for this reset and later ones.
        """
        with self._lock:
            if bare is not None:
                self.bare = bare
            self._forget()
            self._application.moto_account.is_open = self.bare
            if self.bare:
                accounts.register_administrators()
            else:
                self._fill()
            self._application.guard.enforce = not self.bare
            self._application.recorder.clear()

    def _fill(self) -> None:
        """Give the accounts the playground, which is deployed once for as long as this runs."""
        if self._image is None:
            assert self._playground is not None, "the sandbox was started"
            accounts.register_administrators()
            self._outputs = self._playground.build()
            TIMELINE.advance(0)  # A schedule by rate fires when it is made.
            self._image = StateImage()
        else:
            self._image.put_back()
            extensions.changed()

    def _forget(self) -> None:
        self._application.faults.remove({})
        self._application.guard.reset()
        CLOCK.reset()
        LIFECYCLE.reset()
        extensions.reset()
        self._application.crashes.clear()
        self._application.recorder.clear()

    def _control_request(self, environ: dict[str, Any], body: bytes) -> Any:
        path = environ["PATH_INFO"].removeprefix("/_sandbox/")
        query = environ.get("QUERY_STRING", "")
        return self._control.answer(environ["REQUEST_METHOD"], path, body, query)
