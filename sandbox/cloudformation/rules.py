"""Rules of a template: assertions about its parameters, made before anything is created.

Source: CloudFormation User Guide, "Rules section", "Rule-specific intrinsic functions". The wording
of the refusal is unverified.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.functions import Scope
from sandbox.cloudformation.syntax import CONDITION_FUNCTIONS, single_function, text

_NOT_MODELLED = ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")


def check_rules(scope: Scope) -> None:
    """Refuse parameters that a rule's assertion does not hold for.

    :param scope: of the parameters; rules cannot refer to resources.
    :raises ValidationError: with the descriptions of all assertions that failed.
    """
    failed = []
    for name, rule in scope.template.get("Rules", {}).items():
        if not isinstance(rule, dict) or not isinstance(rule.get("Assertions"), list):
            raise ValidationError(f"Template format error: Rule {name} must contain Assertions.")
        if "RuleCondition" in rule and not _holds(scope, rule["RuleCondition"]):
            continue
        for assertion in rule["Assertions"]:
            if not isinstance(assertion, dict) or "Assert" not in assertion:
                raise ValidationError(
                    f"Template format error: Every assertion of rule {name} must contain Assert."
                )
            if not _holds(scope, assertion["Assert"]):
                failed.append(f"{name}: {assertion.get('AssertDescription', 'assertion failed')}")
    if failed:
        raise ValidationError(f"Template error: Rule assertion failed: {'; '.join(failed)}")


def _holds(scope: Scope, node: Any) -> bool:
    if isinstance(node, Mapping) and any(name in _NOT_MODELLED for name in node):
        raise NotImplementedError(f"{', '.join(map(str, node))} in rules of templates")
    function = single_function(node) if isinstance(node, Mapping) else None
    if function in _RULE_FUNCTIONS:
        return _RULE_FUNCTIONS[function](scope, node[function])
    if function not in CONDITION_FUNCTIONS:
        raise ValidationError(f"Template error: {function} is not allowed in an assertion.")
    argument = node[function]
    if function == "Fn::And":
        return all(_holds(scope, item) for item in argument)
    if function == "Fn::Or":
        return any(_holds(scope, item) for item in argument)
    if function == "Fn::Not":
        return not _holds(scope, argument[0])
    return scope.holds(node)


def _contains(scope: Scope, argument: Any) -> bool:
    items, wanted = argument
    return text(scope.value(wanted)) in [text(item) for item in scope.value(items)]


def _each_in(scope: Scope, argument: Any) -> bool:
    wanted, items = argument
    known = [text(item) for item in scope.value(items)]
    return all(text(item) in known for item in scope.value(wanted))


def _each_equals(scope: Scope, argument: Any) -> bool:
    items, wanted = argument
    return all(text(item) == text(scope.value(wanted)) for item in scope.value(items))


_RULE_FUNCTIONS = {
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_equals,
    "Fn::EachMemberIn": _each_in,
}
