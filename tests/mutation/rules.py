"""One safety rule as data: what the contract says, which lines keep it, which test would notice."""

from dataclasses import dataclass

RETENTION = "lambda/redshift_backup/retention.py"
SLOTS = "lambda/redshift_backup/slots.py"
SHARING = "lambda/redshift_backup/sharing.py"
MODEL = "lambda/redshift_backup/model.py"
REQUEST = "lambda/redshift_backup/request.py"
FIELDS = "lambda/redshift_backup/fields.py"
SETTINGS = "lambda/redshift_backup/settings.py"
GATEWAY = "lambda/redshift_backup/gateway.py"
WAITING = "lambda/redshift_backup/waiting.py"
BUDGET = "lambda/redshift_backup/budget.py"
HANDLER = "lambda/redshift_backup/handler.py"
DRILL = "lambda/redshift_backup/drill.py"
AWS = "lambda/redshift_backup/aws.py"
ACTIONS = "lambda/redshift_backup/actions/"

UNIT = "tests/unit/redshift_backup/"
OVER_HTTP = "tests/sandbox/redshift_backup/"
AIRFLOW_UNIT = "tests/unit/redshift_dr/"


@dataclass(frozen=True)
class Guard:
    """One place in the code, by its meaning: formatting, comments and line numbers are free.

    :ivar file: path from the root of the repository.
    :ivar inside: the function or class around it, dotted (``Chain.owns``); empty for the module.
    :ivar code: the expression or simple statement, which must be there exactly once; ``if x``
        names the test ``x`` of an ``if``. Where a thing occurs twice, the larger one around it is
        named. What is inside an f-string is named by the whole f-string.
    :ivar becomes: what stands there in the mutant; ``pass`` for a statement that is taken out.
    """

    file: str
    inside: str
    code: str
    becomes: str

    def __str__(self) -> str:
        where = f"{self.file.rsplit('/', 1)[-1]}:{self.inside or 'module'}"
        return f"{where}: {self.code} -> {self.becomes}"


@dataclass(frozen=True)
class Rule:
    """One entry of the catalogue.

    :ivar name: the rule in a few words, unique.
    :ivar says: a phrase of docs/contract.md that the rule is read from, word for word; empty for
        rules of the Airflow side, which the contract does not name.
    :ivar guards: removed together; more than one means that each alone would be enough, and
        ``redundant_because`` tells why both stay.
    :ivar tests: node ids; every one must fail without the guards.
    :ivar dies_by: kinds of error, beside a failed assertion, that the rule's absence ends in.
    """

    name: str
    says: str
    guards: tuple[Guard, ...]
    tests: tuple[str, ...]
    dies_by: tuple[str, ...] = ()
    redundant_because: str = ""


def rule(
    name: str,
    *,
    says: str = "",
    at: tuple[str, str],
    guard: str,
    becomes: str,
    test: str | tuple[str, ...],
    dies_by: tuple[str, ...] = (),
    also: tuple[Guard, ...] = (),
    redundant_because: str = "",
) -> Rule:
    """Write an entry with one guard; ``also`` names those that have to go with it."""
    tests = (test,) if isinstance(test, str) else test
    guards = (Guard(*at, guard, becomes), *also)
    return Rule(name, says, guards, tests, dies_by, redundant_because)
