"""Temporary directories that do not outlive their process for long, however it ends."""

import atexit
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir, mkdtemp

PID_FILE = "sandbox.pid"


@dataclass(frozen=True)
class _Claim:
    """A directory in use: the descriptor that holds the lock, and the process that made it."""

    descriptor: int
    pid: int


_claims: dict[Path, _Claim] = {}


def make_directory(prefix: str) -> Path:
    """Make a temporary directory, and remove those of the prefix whose process was killed.

    A directory in use holds a file with its process's id, which is locked: the kernel lets go of
    the lock when the process ends, so that an id that was given to another process deceives nobody.
    """
    for stale in _stale(prefix):
        shutil.rmtree(stale, ignore_errors=True)
    directory = Path(mkdtemp(prefix=prefix))
    _claims[directory] = _claim(directory)
    return directory


def remove_directory(directory: Path) -> None:
    """Remove a directory that :func:`make_directory` made; a second call does nothing."""
    claim = _claims.pop(directory, None)
    if claim is None or claim.pid != os.getpid():
        return  # A forked child has a copy of this module's memory, but not of the directory.
    shutil.rmtree(directory, ignore_errors=True)
    os.close(claim.descriptor)


def _claim(directory: Path) -> _Claim:
    # Locked before it gets its name, so that nobody ever sees it without its lock.
    partial = directory / f".{PID_FILE}"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    partial.rename(directory / PID_FILE)
    return _Claim(descriptor, os.getpid())


def _stale(prefix: str) -> Iterator[Path]:
    """Find this user's directories whose lock nobody holds. One without a pid file is not ours."""
    for directory in Path(gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            if directory.is_symlink() or directory.stat().st_uid != os.getuid():
                continue
            if not _is_locked(directory / PID_FILE):
                yield directory


def _is_locked(pid_file: Path) -> bool:
    with pid_file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@atexit.register
def _remove_all() -> None:
    for directory in list(_claims):
        remove_directory(directory)
