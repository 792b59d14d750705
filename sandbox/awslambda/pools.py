"""Warm environments, one pool per function version, and how many may run at once."""

import time
from collections import Counter
from collections.abc import Callable
from threading import Condition

from sandbox.awslambda.environment import Environment
from sandbox.awslambda.errors import ServiceError, TooManyRequestsError
from sandbox.awslambda.invocation import FunctionSpec, Invocation, Outcome

# A process takes about 50 MB; AWS allows 1,000 at once.
MAXIMUM_ENVIRONMENTS = 32
MAXIMUM_IDLE_PER_FUNCTION = 4
IDLE_SECONDS = 300.0
_WAIT_FOR_ROOM_SECONDS = 60.0

Key = tuple[str, str, str, str]


def _reset_error(spec: FunctionSpec) -> ServiceError:
    return ServiceError(f"the sandbox was reset while {spec.function_name} was running")


class Pool:
    """The environments of one function version with one configuration."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.retired = False
        self.aborted = False
        self.idle: list[Environment] = []
        self.busy: set[Environment] = set()


class Pools:
    """All environments of the sandbox.

    :param start: makes an environment for a spec.
    """

    def __init__(self, start: Callable[[FunctionSpec], Environment]) -> None:
        self._start = start
        self._changed = Condition()
        self._pools: dict[Key, Pool] = {}
        self._leaving: list[Pool] = []  # retired, with an invocation that has not ended yet
        self._running: Counter[tuple[str, str, str]] = Counter()
        self._alive = 0

    def invoke(self, spec: FunctionSpec, invocation: Invocation, reserved: int | None) -> Outcome:
        """Run an invocation in a warm environment, or in a new one if all are busy.

        :param reserved: concurrency reserved for the function, over all its versions, or None.
        :raises TooManyRequestsError: the reserved concurrency, or the sandbox's own limit of
            environments for a minute, is used up.
        :raises ServiceError: a reset of the sandbox ended the environment.
        """
        function = spec.key[:3]
        self._enter(function, reserved)
        try:
            pool, environment = self._acquire(spec)
            try:
                outcome = environment.invoke(invocation)
            finally:
                self._release(pool, environment)
        finally:
            with self._changed:
                self._running[function] -= 1
        if pool.aborted:
            raise _reset_error(spec)
        return outcome

    def retire(self, matches: Callable[[Key], bool]) -> None:
        """Let no further invocation into the matching environments.

        Idle ones end at once, busy ones when their invocation has ended, as on AWS.
        """
        with self._changed:
            for key in [key for key in self._pools if matches(key)]:
                self._retire(self._pools.pop(key))

    def abort(self, matches: Callable[[Key], bool]) -> None:
        """End the matching environments at once and drop what they still write."""
        with self._changed:
            pools = [self._pools.pop(key) for key in list(self._pools) if matches(key)]
            pools += [pool for pool in self._leaving if matches(pool.spec.key)]
            for pool in pools:
                pool.aborted = True
                for environment in pool.idle + list(pool.busy):
                    environment.silence()
                self._retire(pool)
        for pool in pools:
            for environment in list(pool.busy):
                environment.kill()

    def _enter(self, function: tuple[str, str, str], reserved: int | None) -> None:
        with self._changed:
            if reserved is not None and self._running[function] >= reserved:
                raise TooManyRequestsError()
            self._running[function] += 1

    def _acquire(self, spec: FunctionSpec) -> tuple[Pool, Environment]:
        deadline = time.monotonic() + _WAIT_FOR_ROOM_SECONDS
        with self._changed:
            while True:
                pool = self._pool(spec)
                warm = self._take_warm(pool)
                if warm is not None:
                    return pool, warm
                if self._alive < MAXIMUM_ENVIRONMENTS or self._end_idlest():
                    self._alive += 1
                    break
                self._wait_for_room(deadline)
        return pool, self._start_in(pool)

    def _take_warm(self, pool: Pool) -> Environment | None:
        while pool.idle:
            environment = pool.idle.pop()
            if environment.usable:
                pool.busy.add(environment)
                return environment
            self._end(environment)
        return None

    def _start_in(self, pool: Pool) -> Environment:
        try:
            environment = self._start(pool.spec)
        except BaseException:
            with self._changed:
                self._alive -= 1
                self._changed.notify_all()
            raise
        with self._changed:
            pool.busy.add(environment)
            if not pool.aborted:
                return environment
            environment.silence()
        self._release(pool, environment)
        raise _reset_error(pool.spec)

    def _pool(self, spec: FunctionSpec) -> Pool:
        pool = self._pools.get(spec.key)
        if pool is not None and pool.spec != spec:
            self._retire(pool)
            pool = None
        if pool is None:
            pool = self._pools[spec.key] = Pool(spec)
        return pool

    def _end_idlest(self) -> bool:
        """End the environment that is idle for longest; return whether there was one."""
        idle = [(e.idle_since, p, e) for p in self._pools.values() for e in p.idle]
        if not idle:
            return False
        _, pool, environment = min(idle, key=lambda entry: entry[0])
        pool.idle.remove(environment)
        self._end(environment)
        return True

    def _wait_for_room(self, deadline: float) -> None:
        if not self._changed.wait(deadline - time.monotonic()):
            raise TooManyRequestsError(
                f"the sandbox runs at most {MAXIMUM_ENVIRONMENTS} environments at once, "
                f"and all were busy for {_WAIT_FOR_ROOM_SECONDS:.0f} seconds"
            )

    def _release(self, pool: Pool, environment: Environment) -> None:
        with self._changed:
            pool.busy.discard(environment)
            if pool.retired and not pool.busy and pool in self._leaving:
                self._leaving.remove(pool)
            if pool.retired or not environment.usable:
                self._end(environment)
            else:
                pool.idle.append(environment)
                self._reap(pool)
            self._changed.notify_all()

    def _reap(self, pool: Pool) -> None:
        while len(pool.idle) > MAXIMUM_IDLE_PER_FUNCTION:
            self._end(pool.idle.pop(0))
        oldest = time.monotonic() - IDLE_SECONDS
        for other in self._pools.values():
            for environment in [e for e in other.idle if e.idle_since < oldest]:
                other.idle.remove(environment)
                self._end(environment)

    def _retire(self, pool: Pool) -> None:
        pool.retired = True
        if pool.busy and pool not in self._leaving:
            self._leaving.append(pool)
        while pool.idle:
            self._end(pool.idle.pop())
        if self._pools.get(pool.spec.key) is pool:
            del self._pools[pool.spec.key]
        self._changed.notify_all()

    def _end(self, environment: Environment) -> None:
        environment.kill()
        self._alive -= 1
