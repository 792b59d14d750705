"""Who runs an action: the function as Lambda knows it, or a person at the command line."""

from dataclasses import dataclass

# The DR account runs the same zip under this name; it shares with nobody.
DR_FUNCTION_NAME = "aca-redshift-dr"


@dataclass(frozen=True)
class Caller:
    """The invocation as the event does not tell it.

    :ivar arn_prefix: ``arn:<partition>:redshift:<region>:<account>`` of the function's account.
    """

    account_id: str
    function_name: str
    request_id: str
    arn_prefix: str

    @classmethod
    def from_context(cls, context: object) -> "Caller":
        """Read Lambda's context; the function's own ARN names the account, so STS is not asked."""
        arn = str(getattr(context, "invoked_function_arn", ""))
        _, partition, _, region, account_id, _, function_name = arn.split(":")[:7]
        return cls(
            account_id=account_id,
            function_name=function_name,
            request_id=str(getattr(context, "aws_request_id", "")),
            arn_prefix=f"arn:{partition}:redshift:{region}:{account_id}",
        )

    @property
    def region_name(self) -> str:
        """The region that the function runs in."""
        return self.arn_prefix.split(":")[3]

    @property
    def is_dr_account(self) -> bool:
        """Whether this is the function of the DR account."""
        return self.function_name == DR_FUNCTION_NAME
