"""The link from a task in Airflow's UI to the function in the AWS console."""

from typing import Any, ClassVar

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink


class BackupFunctionLink(BaseAwsLink):
    """The backup function, with its log and metrics.

    Airflow asks for it when the task has ended, however it ended. It is made of the operator's own
    settings; the provider's way, by an XCom that the task leaves, costs two calls more.
    """

    name: ClassVar[str] = "Backup function"
    key: ClassVar[str] = "_backup_function"
    format_str: ClassVar[str] = (
        BASE_AWS_CONSOLE_LINK
        + "/lambda/home?region={region_name}#/functions/{function_name}?tab=monitoring"
    )

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address.

        :param operator: a :class:`~redshift_dr.operators.backup_function.\
RedshiftBackupFunctionOperator`.
        :param ti_key: not needed; every task instance has the same.
        """
        link: str = self.format_link(
            aws_domain=self.get_aws_domain(operator.cluster.partition),
            region_name=operator.cluster.region_name,
            function_name=operator.function_name,
        )
        return link
