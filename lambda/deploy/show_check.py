"""Show what the function answered to ``check``. A failed check is shown, and undoes nothing."""

import json
import sys
from pathlib import Path
from typing import Any


def lines_of(answer: dict[str, Any]) -> list[str]:
    """Return one line a check, or the error that the function raised."""
    if "errorType" in answer:
        return [f"{answer['errorType']}: {answer.get('errorMessage', '')}"]
    lines = []
    for one in answer.get("checks", ()):
        lines.append(f"{one['status']:<8} {one['name']}: {one['detail']}")
        if one.get("next_step"):
            lines.append(f"{'':<8} {one['next_step']}")
    return lines or [json.dumps(answer)]


def main() -> int:
    """Print the answer in the file that the first argument names."""
    answer = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write("".join(f"  {line}\n" for line in lines_of(answer)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
