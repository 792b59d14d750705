"""The loop that the triggers share: look, wait, look again, one event at the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

from redshift_dr.snapshot_wait import Decision, Verdict


class WaitTrigger(BaseTrigger):
    """Look until a decision ends the wait; when that is, the subclass decides.

    :param seen: whether what is waited for was found before the task was deferred.
    :param aws_conn_id: Airflow connection of the account that looks.
    :param region_name: region.
    :param verify: see the provider's hooks.
    :param botocore_config: see the provider's hooks.
    """

    hook_class: type[RedshiftHook]

    def __init__(
        self,
        *,
        seen: bool,
        aws_conn_id: str | None,
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.seen = seen
        self.hook_arguments: dict[str, Any] = {
            "aws_conn_id": aws_conn_id,
            "region_name": region_name,
            "verify": verify,
            "botocore_config": botocore_config,
        }

    @property
    def path(self) -> str:
        """The class path, under which the trigger is serialized."""
        return f"{type(self).__module__}.{type(self).__qualname__}"

    async def look(self, client: Any) -> tuple[Decision, dict[str, Any]]:
        """Look once.

        :param client: the hook's asynchronous client.
        :return: what the look means, and the event if that ends the wait.
        """
        raise NotImplementedError

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, wait, look again; one event at the end."""
        hook = self.hook_class(
            aws_conn_id=self.hook_arguments["aws_conn_id"],
            region_name=self.hook_arguments["region_name"],
            verify=self.hook_arguments["verify"],
            config=self.hook_arguments["botocore_config"],
        )
        async with await hook.get_async_conn() as client:
            while True:
                decision, event = await self.look(client)
                self.seen = decision.seen
                self.log.info("%s", decision.reason)
                if decision.verdict is not Verdict.WAIT:
                    break
                await asyncio.sleep(decision.delay_seconds)
        yield TriggerEvent(event)
