"""The state of both accounts at one instant, kept so that it can be put back at once.

To deploy two stacks takes seconds, and every test begins with them. So the playground is deployed
once, and what the calls have left behind, moto's backends and the data of clusters, is kept as
bytes; nothing that happens later can change them.
"""

import io
import pickle
import threading
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any
from weakref import WeakValueDictionary

from moto.core.base_backend import BackendDict, backend_lock
from moto.redshiftdata.models import redshiftdata_backends
from moto.s3.models import s3_backends

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.clock import CLOCK
from sandbox.cloudformation.functions import NO_VALUE
from sandbox.lifecycle import LIFECYCLE
from sandbox.redshift.settings import SETTINGS
from sandbox.warehouse import WAREHOUSES

_ONE_OF_A_KIND = {
    "clock": CLOCK,
    "lifecycle": LIFECYCLE,
    "settings": SETTINGS,
    "no value": NO_VALUE,
}
_NAMES = {id(one): name for name, one in _ONE_OF_A_KIND.items()}
_LOCKS: dict[type, Callable[[], Any]] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}


class StateImage:
    """What both accounts hold now; statements of the Data API are left out.

    Taken while nothing runs: no snapshot in the making, no function, no statement.
    """

    def __init__(self) -> None:
        # What refers to another account's or service's objects has to find the same ones again,
        # so all of it is one pickle. The registries are kept by moto's modules, and stay.
        self._registries = [
            one for one in BackendDict._instances if one is not redshiftdata_backends
        ]
        content = [
            [row for row in one.iter_backends() if row[0] in OWN_ACCOUNT_IDS]
            for one in self._registries
        ]
        stream = io.BytesIO()
        pickler = _Pickler(stream, pickle.HIGHEST_PROTOCOL)
        pickler.dump(content)
        self._bytes, self._functions = stream.getvalue(), pickler.functions
        self._data = WAREHOUSES.keep()
        # By it moto finds a bucket of another account; the registry keeps it beside its backends.
        self._owners_of_buckets = dict(s3_backends.bucket_accounts)

    def put_back(self) -> None:
        """Give two empty accounts this state."""
        content = _Unpickler(io.BytesIO(self._bytes), self._functions).load()
        with backend_lock:
            for registry, rows in zip(self._registries, content, strict=True):
                for account_id, region, backend in rows:
                    dict.__setitem__(registry[account_id], region, backend)
        s3_backends.bucket_accounts.update(self._owners_of_buckets)
        for key, image_id in self._data.items():
            WAREHOUSES.restore(image_id, *key)


class _Pickler(pickle.Pickler):
    """Takes objects apart.

    :ivar functions: those without a name to find them by, which stay as they are.
    """

    def __init__(self, stream: io.BytesIO, protocol: int) -> None:
        super().__init__(stream, protocol)
        self.functions: list[FunctionType] = []

    def persistent_id(self, obj: Any) -> str | int | None:
        """Name what there is once in this process."""
        if isinstance(obj, FunctionType):
            if "<locals>" not in obj.__qualname__ or obj.__closure__ is not None:
                return None
            self.functions.append(obj)
            return len(self.functions) - 1
        return _NAMES.get(id(obj))

    def reducer_override(self, obj: Any) -> Any:
        """Take new locks for old, and dictionaries that do not hold their values as they are."""
        if type(obj) in _LOCKS:
            return _LOCKS[type(obj)], ()
        if isinstance(obj, WeakValueDictionary):
            return WeakValueDictionary, (), None, None, iter(list(obj.items()))
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, functions: Sequence[FunctionType]) -> None:
        super().__init__(stream)
        self._functions = functions

    def persistent_load(self, pid: str | int) -> Any:
        """Find what there is once."""
        return self._functions[pid] if isinstance(pid, int) else _ONE_OF_A_KIND[pid]
