"""CloudWatch alarms of the sandbox: evaluated by its clock; SNS learns of their changes."""


def install() -> None:
    """Put the sandbox's alarms in the place of moto's. Idempotent.

    Two of moto's seams: the name ``Alarm`` that its backend looks up when it makes one, and the
    class that is instantiated per account and region.
    """
    import moto.cloudwatch.models as moto_models

    from sandbox.alarms.models import SandboxAlarm, SandboxCloudWatchBackend
    from sandbox.alarms.watch import WATCH
    from sandbox.scheduling.timeline import TIMELINE

    moto_models.Alarm = SandboxAlarm
    if moto_models.cloudwatch_backends.backend is not SandboxCloudWatchBackend:
        moto_models.cloudwatch_backends.backend = SandboxCloudWatchBackend
        moto_models.cloudwatch_backends.clear()
    TIMELINE.add(WATCH)
