"""The outputs of a stack, and what it exports."""

from collections.abc import Callable

from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.planning import output_definitions
from sandbox.cloudformation.stack import Made, Output, Stack, Template
from sandbox.cloudformation.syntax import text

TakenExport = Callable[[Stack, str], str | None]
"""Names the stack that exports a name already; None where the name is free."""


def outputs_of(stack: Stack, template: Template, taken_export: TakenExport) -> list[Output]:
    """Evaluate the outputs whose condition holds, over the resources of the stack.

    :raises ValidationError: another stack exports one of the names.
    """
    scope = template.scope.with_resources(Made(stack))
    outputs = []
    for key in output_definitions(template.scope):
        output = template.document["Outputs"][key]
        export = output.get("Export", {}).get("Name")
        name = text(scope.value(export)) if export is not None else None
        owner = taken_export(stack, name) if name else None
        if owner is not None:
            raise ValidationError(f"Export with name {name} is already exported by stack {owner}.")
        value = text(scope.value(output["Value"]))
        outputs.append(Output(key, value, output.get("Description"), name))
    return outputs
