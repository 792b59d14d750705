"""What the sandbox takes hold of inside moto, collected from the sandbox's own code.

Five kinds of places, each under the dotted name that moto has for it:

- what is imported from moto, and what is read from or assigned to such a name;
- what is called on a backend, as in ``sns_backends[account][region].publish``;
- methods of moto's classes that a class of the sandbox overrides;
- what classes of the sandbox use of what they inherit from moto;
- attributes of other objects of moto, which no name in the code leads to: ``OBJECTS``.

Each place has a fingerprint: its parameters, and a hash of its source where it has one. Collect
them in a process of their own: a sandbox that was started has put its classes in moto's places.
"""

import ast
import hashlib
import importlib
import inspect
import json
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from moto.core.base_backend import BackendDict

import sandbox
from tests.fidelity.objects import OBJECTS
from tests.fidelity.suites import HERE

SEAMS_FILE = HERE / "seams.json"
_NOT_IMPORTABLE = ("sandbox.__main__", "sandbox.awslambda.bootstrap")
_SET_BY_METACLASS = {"instances_tracked"}
GONE = "gone"


def collect() -> dict[str, str]:
    """Return every place and its fingerprint, as of the installed moto."""
    names: set[str] = set(OBJECTS)
    own: set[str] = set()
    for module in _modules():
        names |= set(_imported(module))
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                names |= set(_inherited(value))
                own |= set(vars(value))
    seams = {name: fingerprint(name) for name in sorted(names)}
    # What only the sandbox's backends have is found at moto's registries too, but is no seam; nor
    # is a module, whose names are listed each.
    return {
        name: found
        for name, found in seams.items()
        if found != "module" and (found != GONE or name.rpartition(".")[2] not in own)
    }


def read() -> dict[str, str]:
    """Return the places as they were when they were last looked at."""
    seams: dict[str, str] = json.loads(SEAMS_FILE.read_text(encoding="utf-8"))
    return seams


def dump(seams: dict[str, str]) -> str:
    """Return the places as the file has them."""
    return json.dumps(seams, indent=1) + "\n"


def fingerprint(name: str) -> str:
    """Return what identifies a place: the kind of it, its parameters, a hash of its source."""
    try:
        owner, value = _resolve(name)
    except (ImportError, AttributeError):
        return GONE
    value = value.fget if isinstance(value, property) else value
    value = getattr(value, "__func__", value)  # a class method
    value = getattr(value, "__wrapped__", value)  # what a cache or a decorator stands before
    if isinstance(value, ModuleType):
        return "module"
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__)
        return f"class({bases}) __init__{_parameters(value.__init__)}"
    if isinstance(value, FunctionType):
        return f"{_parameters(value)} {_hash(value)}"
    if isinstance(value, dict) and not isinstance(value, BackendDict):
        return f"dict {_hash_of(repr(sorted(map(str, value))))}"
    return f"set by {owner}" if value is _SET_IN_SOURCE else type(value).__name__


_SET_IN_SOURCE = object()


def _resolve(name: str) -> tuple[str, Any]:
    """Return the owner's name and the value; moto's own where the sandbox has replaced it."""
    module_name, rest = name, []
    while True:
        try:
            value: Any = importlib.import_module(module_name)
            break
        except ImportError:
            module_name, _, last = module_name.rpartition(".")
            rest.insert(0, last)
            if not module_name:
                raise
    owner = module_name
    for part in rest:
        value = _member(value, part)
        if value is not _SET_IN_SOURCE:
            owner = getattr(value, "__name__", type(value).__name__)
    return owner, value


def _member(owner: Any, name: str) -> Any:
    if inspect.isclass(owner):
        found = inspect.getattr_static(owner, name, None)
        if found is not None:
            return found
        # Set by a method, as instances have it.
        if any(_sets(base, name) for base in owner.__mro__[:-1]):
            return _SET_IN_SOURCE
        raise AttributeError(name)
    return getattr(owner, name)


def _parameters(function: Any) -> str:
    return f"({', '.join(inspect.signature(function).parameters)})"


def _hash(value: Any) -> str:
    return _hash_of(_source(value))


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _source(value: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        return ""


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(sandbox.__path__, "sandbox."):
        if found.name not in _NOT_IMPORTABLE:
            yield importlib.import_module(found.name)


def _imported(module: ModuleType) -> Iterator[str]:
    """Yield what a module imports from moto, and the attributes it names of that."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "moto":
                    names[alias.asname or "moto"] = alias.name if alias.asname else "moto"
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "moto":
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        chain = _chain(node) if isinstance(node, ast.Attribute) else []
        if chain and chain[0] in names:
            yield ".".join([names[chain[0]], *chain[1:]])
        if isinstance(node, ast.FunctionDef):
            yield from _used_of_backends(node, names)


def _used_of_backends(function: ast.FunctionDef, names: dict[str, str]) -> Iterator[str]:
    """Yield what a function uses of backends that it takes out of moto's registries."""
    local: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            registry = _registry(node.value, names)
            if registry:
                local[node.targets[0].id] = registry
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        found = local.get(owner.id) if isinstance(owner, ast.Name) else _registry(owner, names)
        if found:
            yield f"{found}.backend.{node.attr}"


def _registry(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return the registry's name in ``<name>_backends[account][region]``."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Subscript):
        return None
    registry = node.value.value
    if isinstance(registry, ast.Name) and registry.id.endswith("_backends"):
        return names.get(registry.id)
    return None


def _chain(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def _inherited(cls: type) -> Iterator[str]:
    """Yield what a class overrides of moto's classes, and what it uses of them."""
    moto = [base for base in cls.__mro__ if base.__module__.partition(".")[0] == "moto"]
    if not moto:
        return
    own = {name for base in cls.__mro__ if base not in moto for name in vars(base)}
    for name in set(vars(cls)) - _SET_BY_METACLASS:
        yield from _owned_by(moto, name)
    for name in _used_of_self(cls) - own | {"__init__"}:
        yield from _owned_by(moto, name)


def _sets(cls: type, name: str) -> bool:
    return re.search(rf"\bself\.{name}(:[^=\n]+)? = |^    {name}:", _source(cls), re.M) is not None


def _owned_by(classes: list[type], name: str) -> Iterator[str]:
    if name.startswith("__") and name != "__init__":
        return
    for base in classes:
        if name in vars(base):
            yield f"{base.__module__}.{base.__qualname__}.{name}"
            return
    for base in classes:
        if _sets(base, name):
            yield f"{base.__module__}.{base.__qualname__}.{name}"
            return


def _used_of_self(cls: type) -> set[str]:
    used: set[str] = set()
    for node in ast.walk(ast.parse(_source(cls))):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        is_self = isinstance(owner, ast.Name) and owner.id == "self"
        is_super = (
            isinstance(owner, ast.Call)
            and isinstance(owner.func, ast.Name)
            and owner.func.id == "super"
        )
        if is_self or is_super:
            used.add(node.attr)
    return used
