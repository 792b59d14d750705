"""The WSGI application: every AWS call is read, recorded, broken on demand, and given to moto."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from sandbox.accounts import Principal, principal_of
from sandbox.crashes import Crashes
from sandbox.denials import deny
from sandbox.faults import ConnectionDroppedError, Faults, answer, drop_connection, hold
from sandbox.guard.guard import DeniedError, Guard
from sandbox.moto_account import (
    RESET_PATH,
    MotoAccount,
    is_moto,
    refuse_way_out,
    take_no_time,
)
from sandbox.recorder import Call, Recorder
from sandbox.refusals import (
    explain,
    is_unrouted,
    not_modelled,
    refuse,
    refuse_credential,
)
from sandbox.wire import ApiCall, Reply, error_code_of, error_reply, read_call

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
CONTROL_PREFIX = "/_sandbox/"
_NOT_AWS = ("moto_api", "instance_metadata")


class Dispatcher(DomainDispatcherApplication):
    """Moto's dispatcher, refusing services that moto does not have."""

    def get_backend_for_host(self, host: str | None) -> Any:
        """Find moto's backend.

        :raises NotImplementedError: moto has no such service.
        """
        if host is None:
            return None
        if host in _NOT_AWS:
            raise NotImplementedError("moto's own pages would go around the sandbox's state")
        for backend, pattern in self.backend_url_patterns:
            if host == backend or pattern.match(f"http://{host}"):
                return backend
        raise NotImplementedError("moto has no such service")


class Application:
    """One front door: the control API under ``/_sandbox/``, AWS everywhere else."""

    def __init__(self, control: Callable[[Environ, bytes], Reply]) -> None:
        self.recorder = Recorder()
        self.faults = Faults()
        self.crashes = Crashes()
        self.moto_account = MotoAccount()
        self.guard = Guard()
        self._control = control
        self._moto = Dispatcher(create_backend_app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = get_input_stream(environ).read()
        try:
            reply = self._answer_to(environ["PATH_INFO"])(environ, body)
        except ConnectionDroppedError:
            raise
        except Exception as error:  # noqa: BLE001 - the trap that makes every crash visible
            call = ApiCall("sandbox", environ["PATH_INFO"], {}, None)
            reply = self._crash(call, error)
        start_response(f"{reply.status} ", list(reply.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    def _answer_to(self, path: str) -> Callable[[Environ, bytes], Reply]:
        if path.startswith(CONTROL_PREFIX):
            return self._control
        if path == RESET_PATH and self.moto_account.is_open:
            return self._reset_by_moto
        return self._answer_recorded

    def _reset_by_moto(self, environ: Environ, body: bytes) -> Reply:
        reply = self._control({**environ, "PATH_INFO": f"{CONTROL_PREFIX}reset"}, b"")
        take_no_time()
        return reply

    def _answer_recorded(self, environ: Environ, body: bytes) -> Reply:
        number = self.recorder.arrive()
        call = read_call(environ, body)
        principal = self._principal_of(call)
        reply = self._answer(environ, body, call, principal)
        self.recorder.record(number, _record_of(call, principal, reply))
        if reply is None:
            drop_connection(environ)
        return reply

    def _answer(
        self, environ: Environ, body: bytes, call: ApiCall, principal: Principal | None
    ) -> Reply | None:
        """Return the answer; None where the connection is to end without one."""
        rule = self.faults.take(call.service, call.operation)
        if rule is None:
            return self._serve(environ, body, call, principal)
        hold(rule)
        if rule.kind == "drop_before":
            return None
        fault = answer(rule, call)
        if fault is not None:
            return fault
        reply = self._serve(environ, body, call, principal)
        return None if rule.kind == "drop_after" else reply

    def _serve(
        self, environ: Environ, body: bytes, call: ApiCall, principal: Principal | None
    ) -> Reply:
        if principal is None:
            return refuse_credential(call)
        refusal = (refuse_way_out if is_moto(principal) else refuse)(call, principal)
        if refusal is not None:
            return refusal
        if not is_moto(principal):
            try:
                self._check(environ, body, call)
            except DeniedError as error:
                return deny(call, error)
        inner = {
            **environ,
            "wsgi.input": BytesIO(body),
            "HTTP_X_MOTO_ACCOUNT_ID": principal.account_id,
        }
        try:
            reply = _run(self._moto, inner)
        except NotImplementedError as error:
            return not_modelled(call, explain(error))
        except Exception as error:  # noqa: BLE001 - the trap that makes every crash visible
            return self._crash(call, error)
        if is_unrouted(call, reply):
            return not_modelled(call, "moto has no such route")
        return reply

    def _check(self, environ: Environ, body: bytes, call: ApiCall) -> None:
        assert call.credential is not None
        self.guard.check(
            call.service,
            call.operation,
            call.parameters,
            access_key_id=call.credential.access_key_id,
            region=call.credential.region,
            environ=environ,
            body=body,
        )

    def _principal_of(self, call: ApiCall) -> Principal | None:
        own = principal_of(call.credential.access_key_id) if call.credential else None
        if own is not None or self.guard.enforce:  # Where policies count, moto's key opens nothing.
            return own
        return self.moto_account.principal_of(call)

    def _crash(self, call: ApiCall, error: Exception) -> Reply:
        crash = self.crashes.record(call.service, call.operation, error)
        last_line = crash.traceback.rstrip().splitlines()[-1]
        sentence = f"The sandbox crashed in {call.service}:{call.operation}: {last_line}"
        return error_reply(call, "SandboxCrash", sentence, 500)


def _run(application: Any, environ: Environ) -> Reply:
    chunks, status, headers = run_wsgi_app(application, environ, buffered=True)
    return Reply(int(status.split()[0]), tuple(headers.items()), b"".join(chunks))


def _record_of(call: ApiCall, principal: Principal | None, reply: Reply | None) -> Call:
    return Call(
        service=call.service,
        operation=call.operation,
        account_id=principal.account_id if principal else None,
        principal=principal.arn if principal else None,
        parameters=call.parameters,
        status=reply.status if reply else None,
        error_code=error_code_of(call, reply) if reply else None,
    )
