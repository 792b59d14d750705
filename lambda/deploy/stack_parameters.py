"""What the deployment script hands to CloudFormation: parameters, and a template with its code.

Everything that can be wrong with a deployment is looked for here, before anything is made: what the
template says of each parameter, and what it cannot say, such as one number against another.
"""

import argparse
import difflib
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from schedule_gap import ScheduleError, longest_gap_hours

LOCAL_CODE = "Code: ../../build/aca-redshift-backup.zip"
# The template allows for the run that is late and for its own duration.
_GAP_ALLOWANCE_HOURS = 2


# The one written in C is ten times as fast, and not everywhere.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc,valid-type]
    """Reads CloudFormation's tags as if they were not there: only parameters are of interest."""


def _untagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    del suffix
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node)


_Loader.add_multi_constructor("!", _untagged)


@dataclass
class Deployment:
    """What is about to be deployed.

    :ivar declared: the template's Parameters section.
    :ivar given: values from the command line.
    :ivar current: values of the stack that is there; empty for a new one.
    """

    declared: Mapping[str, Mapping[str, Any]]
    given: dict[str, str]
    current: Mapping[str, str]
    own_account: str
    faults: list[str] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Return the value that a parameter will have; empty if nothing gives one."""
        default = self.declared.get(name, {}).get("Default", "")
        return self.given.get(name, self.current.get(name, str(default)))


def read_parameters(template: Path) -> dict[str, dict[str, Any]]:
    """Return the Parameters section of a template."""
    document = yaml.load(template.read_text(encoding="utf-8"), _Loader)
    parameters: dict[str, dict[str, Any]] = document["Parameters"]
    return parameters


def parameter_name(flag: str) -> str:
    """Return the parameter of a flag: ``--retention-days`` is ``RetentionDays``."""
    return "".join(part.capitalize() for part in flag.removeprefix("--").split("-"))


def flag_of(name: str) -> str:
    """Return the flag of a parameter."""
    return "--" + re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def check(deployment: Deployment) -> None:
    """Collect everything that is wrong in ``deployment.faults``."""
    faults = deployment.faults
    for name in deployment.given:
        if name not in deployment.declared:
            known = [flag_of(one) for one in deployment.declared]
            close = difflib.get_close_matches(flag_of(name), known, n=1)
            hint = f", did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
            faults.append(f"unknown flag {flag_of(name)}{hint}")
    for name, declaration in deployment.declared.items():
        has_value = name in deployment.given or name in deployment.current
        if not has_value and "Default" not in declaration:
            described = declaration["Description"]
            faults.append(f"{flag_of(name)} is missing: {described}")
            continue
        fault = _fault_of(declaration, deployment.value(name))
        if fault:
            faults.append(f"{flag_of(name)} is {deployment.value(name)!r}, which {fault}")
    if not faults:
        _check_together(deployment)


def _fault_of(declaration: Mapping[str, Any], value: str) -> str | None:
    allowed = declaration.get("AllowedValues")
    if allowed is not None and value not in map(str, allowed):
        return f"is not one of {', '.join(map(str, allowed))}"
    if declaration["Type"] == "Number":
        low, high = declaration.get("MinValue", 0), declaration.get("MaxValue", 10**9)
        is_number = re.fullmatch(r"[0-9]{1,9}", value, re.A)
        if allowed is None and not (is_number and low <= int(value) <= high):
            return f"is not a whole number from {low} to {high}"
    if len(value) > declaration.get("MaxLength", len(value)):
        return f"has {len(value)} characters; {declaration['MaxLength']} are allowed"
    if len(value) < declaration.get("MinLength", 0):
        return f"has {len(value)} characters; {declaration['MinLength']} are needed"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        return str(declaration["ConstraintDescription"])
    return None


def _check_together(deployment: Deployment) -> None:
    faults = deployment.faults
    for name in ("TargetAccountId", "SourceAccountId"):
        if name in deployment.declared and deployment.value(name) == deployment.own_account:
            faults.append(
                f"{flag_of(name)} is {deployment.own_account}, the account that this deploys to; "
                "a backup belongs into another one"
            )
    minimum, retention = deployment.value("MinimumRetentionDays"), deployment.value("RetentionDays")
    if minimum and int(minimum) > int(retention):
        faults.append(
            f"--minimum-retention-days is {minimum}, more than --retention-days, which is "
            f"{retention}; lower the first or raise the second"
        )
    if deployment.value("VpcId") and not deployment.value("SubnetIds"):
        faults.append("--vpc-id is given without --subnet-ids")
    for name in ("BackupSchedule", "PruneSchedule"):
        if name in deployment.declared:
            _check_schedule(deployment, name)


def _check_schedule(deployment: Deployment, name: str) -> None:
    schedule = deployment.value(name)
    try:
        gap_hours = longest_gap_hours(schedule)
    except ScheduleError as error:
        deployment.faults.append(f"{flag_of(name)} is {schedule!r}: {error}")
        return
    if name != "BackupSchedule":
        return
    needed = gap_hours + _GAP_ALLOWANCE_HOURS
    is_set = "MaximumAgeHours" in deployment.given
    if not is_set and (name in deployment.given or not deployment.current):
        deployment.given["MaximumAgeHours"] = str(needed)
    elif int(deployment.value("MaximumAgeHours")) <= gap_hours:
        deployment.faults.append(
            f"--maximum-age-hours is {deployment.value('MaximumAgeHours')}, and {schedule} leaves "
            f"{gap_hours} hours between two backups: the alarm would always fire. Give "
            f"{needed} or more, or leave it out"
        )


def release_of(code: Path, deployment: Deployment) -> str:
    """Name what makes a new version: the code, and what the description has no room for."""
    digest = hashlib.sha256(code.read_bytes())
    digest.update(deployment.value("AllowedClusters").encode())
    return digest.hexdigest()[:16]


def as_request(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the parameters of a change set; what nobody gave keeps the value that it has."""
    given = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in deployment.given.items()
    ]
    kept = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in deployment.current
        if name in deployment.declared and name not in deployment.given
    ]
    return [*given, *kept]


def with_code(template: str, bucket: str, key: str) -> str:
    """Return the template with its code in S3 in place of the file on this machine."""
    if template.count(LOCAL_CODE) != 1:
        raise ValueError(f"the template has no line {LOCAL_CODE!r}")
    return template.replace(LOCAL_CODE, f"Code: {{S3Bucket: {bucket}, S3Key: {key}}}")


def _flags(words: Sequence[str], faults: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not re.fullmatch(r"--[a-z]+(-[a-z]+)*(=.*)?", word, re.S):
            faults.append(f"{word!r} is not a flag; see --help")
            continue
        flag, has_value, value = word.partition("=")
        if not has_value and (not rest or rest[0].startswith("--")):
            faults.append(f"{flag} needs a value")
            continue
        name = parameter_name(flag)
        if name in given:
            faults.append(f"{flag} is given twice")
        given[name] = value if has_value else rest.pop(0)
    return given


def _current(path: Path | None) -> dict[str, str]:
    if path is None or not path.stat().st_size:
        return {}
    rows: Iterable[Mapping[str, str]] = json.loads(path.read_text(encoding="utf-8")) or ()
    return {row["ParameterKey"]: row["ParameterValue"] for row in rows}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check flags, and with ``--code`` write what CloudFormation needs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--own-account", required=True)
    parser.add_argument("--current", type=Path, help="parameters of the stack that is there, JSON")
    parser.add_argument("--list", action="store_true", help="print flags and defaults, and end")
    parser.add_argument("--code", type=Path, help="the function's zip")
    parser.add_argument("--bucket", default="")
    parser.add_argument("--key", default="")
    parser.add_argument("--output", type=Path, help="folder for template.yaml and parameters.json")
    parser.add_argument("flags", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    declared = read_parameters(options.template)
    if options.list:
        for name, one in declared.items():
            default = f" (default: {one['Default']})" if one.get("Default") else ""
            sys.stdout.write(f"  {flag_of(name):<28}{one['Description']}{default}\n")
        return 0
    faults: list[str] = []
    words = options.flags[1:] if options.flags[:1] == ["--"] else options.flags
    given = _flags(words, faults)
    deployment = Deployment(declared, given, _current(options.current), options.own_account, faults)
    check(deployment)
    if deployment.faults:
        listed = "".join(f"  {fault}\n" for fault in deployment.faults)
        sys.stderr.write(f"error: {len(deployment.faults)} fault(s), nothing is made:\n{listed}")
        return 2
    if options.code is not None:
        deployment.given.setdefault("Release", release_of(options.code, deployment))
        template = options.template.read_text(encoding="utf-8")
        (options.output / "template.yaml").write_text(
            with_code(template, options.bucket, options.key), encoding="utf-8"
        )
        (options.output / "parameters.json").write_text(
            json.dumps(as_request(deployment)), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
