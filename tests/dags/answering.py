"""A person who answers the question of a run, by the same code as Airflow's API."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

_SLEEP = time.sleep


class Person:
    """Answers one question, once.

    :param dag_id: the DAG that asks.
    :param option: the answer.
    :param before: what happens between the question and the answer.
    :ivar question: subject and body as they were shown; ``None`` where nothing was asked.
    """

    def __init__(self, dag_id: str, option: str, before: Callable[[], object]) -> None:
        self.question: tuple[str, str] | None = None
        self._dag_id = dag_id
        self._option = option
        self._before = before

    def sleep(self, seconds: float) -> None:
        """Answer where ``dag.test()`` waits for that; sleep for everybody else."""
        if threading.current_thread() is not threading.main_thread() or not self._answers():
            _SLEEP(seconds)

    def _answers(self) -> bool:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState
        from sqlalchemy import select
        from sqlalchemy.orm import joinedload

        # A session of its own: that of the waiting run stays as it is.
        with create_session(scoped=False) as session:
            asked = session.scalars(
                select(TaskInstance)
                .where(
                    TaskInstance.dag_id == self._dag_id,
                    TaskInstance.state == TaskInstanceState.AWAITING_INPUT,
                )
                .options(joinedload(TaskInstance.hitl_detail))
            ).one_or_none()
            if asked is None:
                return False
            self.question = (asked.hitl_detail.subject, asked.hitl_detail.body)
            self._before()
            self._answer(asked, session)
        return True

    def _answer(self, asked: Any, session: Any) -> None:
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
        from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
        from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail

        update_hitl_detail(
            dag_id=self._dag_id,
            dag_run_id=asked.run_id,
            task_id=asked.task_id,
            update_hitl_detail_payload=UpdateHITLDetailPayload(
                chosen_options=[self._option], params_input={}
            ),
            user=SimpleAuthManagerUser(username="ada", role="op"),
            session=session,
        )


@contextmanager
def answering(
    dag_id: str, option: str, *, before: Callable[[], object] = lambda: None
) -> Iterator[Person]:
    """Answer what a run of ``dag.test()`` asks, in place of its wait for that."""
    person = Person(dag_id, option, before)
    with patch("time.sleep", person.sleep):
        yield person
