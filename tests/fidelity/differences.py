"""Where the sandbox differs from moto on purpose: the rules, and the tests of moto they break."""

import tomllib
from dataclasses import dataclass

from tests.fidelity.suites import HERE, ROOT, SUITES, read_stock

RULES_FILE = HERE / "differences.toml"
DOCUMENT = ROOT / "docs" / "fidelity.md"
_BEGIN = "<!-- begin: python -m tests.fidelity docs -->"
_END = "<!-- end -->"


@dataclass(frozen=True)
class Rule:
    """AWS's rule in a sentence, where it is written, and the test ids that do not keep it."""

    rule: str
    source: str
    tests: tuple[str, ...]
    legal_names: bool


def read_rules() -> list[Rule]:
    """Return the rules in the order of the file."""
    content = tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))
    return [
        Rule(
            entry["rule"],
            entry["source"],
            tuple(entry["tests"]),
            entry.get("legal_names", False),
        )
        for entry in content["rule"]
    ]


def read_tests() -> dict[str, Rule]:
    """Return the rule of every test that differs.

    :raises ValueError: a test is named twice.
    """
    tests: dict[str, Rule] = {}
    for rule in read_rules():
        for test in rule.tests:
            if test in tests:
                raise ValueError(f"{test} is named twice in {RULES_FILE.name}")
            tests[test] = rule
    return tests


def render() -> str:
    """Return the document's part that follows from the rules and the stored outcomes."""
    stock, tests = read_stock(), read_tests()
    lines = ["| suite | stock moto passes | the sandbox passes | differs by a rule below |"]
    lines += ["|---|---|---|---|"]
    for suite, directory in SUITES.items():
        passed = stock.count(suite, "passed")
        lost = sum(test.startswith(f"tests/{directory}/") for test in tests)
        lines.append(f"| {suite} | {passed} | {passed - lost} | {lost} |")
    for rule in read_rules():
        lines += ["", f"**{rule.rule}** ({rule.source})", ""]
        lines += [f"- `{test.removeprefix('tests/')}`" for test in rule.tests]
    return "\n".join(lines)


def written() -> str:
    """Return that part as the document has it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return text.partition(_BEGIN)[2].partition(_END)[0].strip("\n")


def write_document() -> None:
    """Write that part into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    DOCUMENT.write_text(f"{before}{_BEGIN}\n{render()}\n{_END}{after}", encoding="utf-8")
