"""The link from a task in Airflow's UI to the function in the AWS console."""

from typing import ClassVar

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink


class BackupFunctionLink(BaseAwsLink):
    """The backup function, with its log and metrics."""

    name: ClassVar[str] = "Backup function"
    key: ClassVar[str] = "_backup_function"
    format_str: ClassVar[str] = (
        BASE_AWS_CONSOLE_LINK
        + "/lambda/home?region={region_name}#/functions/{function_name}?tab=monitoring"
    )
