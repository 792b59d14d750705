"""EventBridge Scheduler of the sandbox: schedules that fire by the sandbox's clock."""

from sandbox.crashes import Crashes
from sandbox.faults import Faults
from sandbox.guard.guard import Guard


def install() -> None:
    """Put the sandbox's schedules in the place of moto's. Idempotent.

    Two of moto's seams: the name ``Schedule`` that its backend looks up when it creates one, and
    the class that is instantiated per account and region.
    """
    import moto.scheduler.models as moto_models

    from sandbox.scheduling.models import SandboxSchedule, SandboxSchedulerBackend
    from sandbox.scheduling.schedules import SCHEDULES
    from sandbox.scheduling.timeline import TIMELINE

    moto_models.Schedule = SandboxSchedule
    if moto_models.scheduler_backends.backend is not SandboxSchedulerBackend:
        moto_models.scheduler_backends.backend = SandboxSchedulerBackend
        moto_models.scheduler_backends.clear()
    TIMELINE.add(SCHEDULES)


def configure(guard: Guard, faults: Faults, crashes: Crashes) -> None:
    """Say who judges and who breaks the calls of Scheduler, and where crashes are kept."""
    from sandbox.scheduling.delivery import DELIVERY
    from sandbox.scheduling.timeline import TIMELINE

    DELIVERY.guard = guard
    DELIVERY.faults = faults
    TIMELINE.crashes = crashes


def reset() -> None:
    """Forget what is under way; schedules themselves go with moto's backends."""
    from sandbox.scheduling.schedules import SCHEDULES
    from sandbox.scheduling.timeline import TIMELINE

    SCHEDULES.reset()
    TIMELINE.reset()


def changed() -> None:
    """Look again at what is due next."""
    from sandbox.scheduling.timeline import TIMELINE

    TIMELINE.changed()


def close() -> None:
    """End the thread that fires schedules in real time."""
    from sandbox.scheduling.timeline import TIMELINE

    TIMELINE.close()
