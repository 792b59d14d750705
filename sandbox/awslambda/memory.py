"""Memory of a function's process; Linux only, elsewhere it reads as unknown."""

from pathlib import Path


def resident_megabytes(pid: int) -> int:
    """Return the resident memory of a process now, 0 where that cannot be read."""
    return _status_megabytes(pid, "VmRSS:")


def peak_megabytes(pid: int) -> int:
    """Return the largest resident memory a process has had, 0 where that cannot be read."""
    return _status_megabytes(pid, "VmHWM:")


def _status_megabytes(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        # Gone, or a system without /proc.
        return 0
    for line in lines.splitlines():
        if line.startswith(name):
            return -(-int(line.split()[1]) // 1024)
    return 0
