"""From the parameters of a request to a template that is ready to be deployed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from sandbox.accounts import PARTITION
from sandbox.cloudformation import template as templates
from sandbox.cloudformation.actor import Clients
from sandbox.cloudformation.capabilities import capabilities_needed
from sandbox.cloudformation.checks import check_template
from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.functions import Scope, Symbolic
from sandbox.cloudformation.graph import dependencies
from sandbox.cloudformation.models import Stacks
from sandbox.cloudformation.parameters import resolve, typed
from sandbox.cloudformation.rules import check_rules
from sandbox.cloudformation.stack import Stack, Template

_LOOKUPS = {
    "AWS::EC2::VPC::Id": ("describe_vpcs", "VpcIds"),
    "AWS::EC2::Subnet::Id": ("describe_subnets", "SubnetIds"),
    "AWS::EC2::SecurityGroup::Id": ("describe_security_groups", "GroupIds"),
}


def body_of(request: Mapping[str, Any], clients: Clients, previous: Stack | None) -> str:
    """Return the text of the template that a request brings, points at, or refers back to.

    :raises ValidationError: not exactly one of them, too large, not to be read.
    """
    inline, url = request.get("TemplateBody"), request.get("TemplateURL")
    use_previous = _truth(request.get("UsePreviousTemplate"))
    if sum(map(bool, (inline, url, use_previous))) != 1:
        raise ValidationError(
            "Exactly one of TemplateBody, TemplateURL and UsePreviousTemplate must be specified."
        )
    if use_previous:
        if previous is None or previous.template is None:
            raise ValidationError("UsePreviousTemplate cannot be used when creating a stack.")
        return previous.template.body
    text = str(inline) if inline else _fetch(str(url), clients)
    templates.check_size(text, from_url=not inline)
    return text


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _fetch(url: str, clients: Clients) -> str:
    """Read a template from S3: virtual-hosted or path style, or at the sandbox's own address."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    if host.split(".")[0].startswith("s3") or not host.endswith(".amazonaws.com"):
        bucket, _, key = path.partition("/")
    else:
        bucket, key = host.partition(".s3")[0], path
    try:
        found = clients("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise ValidationError(f"S3 error: {error.response['Error']['Message']}") from error
    return str(found["Body"].read().decode("utf-8"))


def given_parameters(items: list[Mapping[str, Any]], previous: Stack | None) -> dict[str, str]:
    """Return the parameters that a request names, those it takes from before included.

    :raises ValidationError: a previous value that there is not, a parameter without a value.
    """
    before = previous.template.parameters if previous and previous.template else {}
    given = {}
    for item in items:
        key = item["ParameterKey"]
        if not _truth(item.get("UsePreviousValue")):
            given[key] = str(item.get("ParameterValue", ""))
        elif key in before:
            given[key] = before[key]
        elif previous is None:
            raise ValidationError(
                f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                "for a parameter key not in the previous template"
            )
    return given


def ready(
    body: str,
    given: Mapping[str, str],
    stack: Stack,
    stacks: Stacks,
    clients: Clients,
) -> Template:
    """Check a template with its parameters as AWS does before it touches a resource.

    :raises ValidationError: with AWS's sentence for the first fault.
    """
    document = templates.parse(body)
    if "{{resolve:" in body:
        raise NotImplementedError("dynamic references ({{resolve:...}}) in templates")
    check_template(document, stack.region)
    declarations = document.get("Parameters", {})
    values = resolve(declarations, given, lambda kind, value: _exists(clients, kind, value))
    names = {
        **typed(declarations, values),
        "AWS::AccountId": stack.account_id,
        "AWS::NotificationARNs": [],
        "AWS::Partition": PARTITION,
        "AWS::Region": stack.region,
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    exports = _Exports(stacks)
    scope = Scope(document, names, Symbolic(), exports)
    check_rules(scope)
    for condition in document.get("Conditions", {}):
        scope.condition(condition)
    graph = dependencies(scope)
    _check_outputs(scope, graph)
    return Template(body, document, values, scope, graph, frozenset(exports.asked))


class _Exports:
    """Looks up other stacks' exports, and remembers which."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self.asked: set[str] = set()

    def __call__(self, name: str) -> str:
        self.asked.add(name)
        return self._stacks.exported(name)


def _check_outputs(scope: Scope, graph: Mapping[str, set[str]]) -> None:
    for key, output in scope.template.get("Outputs", {}).items():
        if "Condition" in output and not scope.condition(output["Condition"]):
            continue
        symbolic = Symbolic()
        scope.with_resources(symbolic).value(output)
        absent = sorted(symbolic.used - set(graph))
        if absent:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(absent)}] "
                f"in the Outputs block of the template ({key})"
            )


def _exists(clients: Clients, kind: str, value: str) -> bool:
    operation, argument = _LOOKUPS[kind]
    try:
        getattr(clients("ec2"), operation)(**{argument: [value]})
    except ClientError:
        return False
    return True


def summary(body: str) -> dict[str, Any]:
    """Return what ``ValidateTemplate`` and ``GetTemplateSummary`` share of a template."""
    document = templates.parse(body)
    check_template(document, "us-east-1")
    needed = capabilities_needed(document)
    described: dict[str, Any] = {"Description": document.get("Description")}
    if needed:
        described["Capabilities"] = [needed[0]]
        described["CapabilitiesReason"] = (
            f"The following resource(s) require capabilities: [{', '.join(needed[1])}]"
        )
    return described | {"document": document}
