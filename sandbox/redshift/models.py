"""The backend that takes the place of moto's Redshift."""

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.redshift.models import SubnetGroup, TaggableResourceMixin, redshift_backends

from sandbox.clock import CLOCK
from sandbox.redshift.errors import ErrorCode, bad_value, fail
from sandbox.redshift.events import KEPT, Event
from sandbox.redshift.restoring import RestoreOperations
from sandbox.redshift.state import new_password
from sandbox.redshift.validation import tag_count, tags


class SandboxRedshiftBackend(RestoreOperations):
    """One account's Redshift in one region; moto finds its routes in ``sandbox.redshift.urls``."""

    def create_cluster_subnet_group(
        self, cluster_subnet_group_name: str, **settings: Any
    ) -> SubnetGroup:
        """Create a subnet group, whose name is stored in lower case."""
        name = cluster_subnet_group_name.lower()
        if name in self.subnet_groups or name == "default":
            fail(
                ErrorCode.CLUSTER_SUBNET_GROUP_ALREADY_EXISTS,
                f"The cluster subnet group {name} already exists.",
            )
        settings["tags"] = tags(settings.get("tags"))
        group: SubnetGroup = super().create_cluster_subnet_group(
            cluster_subnet_group_name=name, **settings
        )
        return group

    def create_tags(self, resource_name: str, tags_to_add: list[dict[str, str]]) -> None:
        """Add tags to a resource, or change their values."""
        resource = self._find_taggable(resource_name)
        checked = tags(tags_to_add)
        tag_count(len({tag["Key"] for tag in [*resource.tags, *checked]}))
        resource.create_tags(checked)

    def delete_tags(self, resource_name: str, tag_keys: list[str]) -> None:
        """Take tags from a resource; keys that it does not have are passed over."""
        self._find_taggable(resource_name).delete_tags(tag_keys)

    def tagged_resources(
        self, resource_name: str | None, resource_type: str | None
    ) -> list[dict[str, Any]]:
        """Return the tags of one resource, of a type, or of all."""
        if resource_name and resource_type:
            bad_value(
                "You cannot filter a list of resources using an Amazon Resource Name (ARN) and a "
                "resource type together in the same request. Retry the request using either an ARN "
                "or a resource type, but not both."
            )
        if resource_name:
            resources = [self._find_taggable(resource_name)]
        else:
            types = [resource_type.lower()] if resource_type else list(self.RESOURCE_TYPE_MAP)
            resources = []
            for name in types:
                if resource_type and not self.RESOURCE_TYPE_MAP.get(name):
                    fail(ErrorCode.RESOURCE_NOT_FOUND, f"resource of type '{name}' not found.")
                resources += self.RESOURCE_TYPE_MAP[name].values()
        rows: list[dict[str, Any]] = self._describe_tags_for_resources(resources)
        return rows

    def select_events(
        self,
        source_identifier: str | None,
        source_type: str | None,
        start: datetime | None,
        end: datetime | None,
        duration_minutes: int | None,
    ) -> list[Event]:
        """Return the events of a span, at most 14 days back; the last hour if none is asked for."""
        if source_identifier and not source_type:
            bad_value("SourceIdentifier requires SourceType.")
        now = CLOCK.now()
        self.event_log = [event for event in self.event_log if event.at > now - KEPT]
        end = min(_aware(end) or now, now)
        start = _aware(start) or end - timedelta(minutes=duration_minutes or 60)
        return [
            event
            for event in self.event_log
            if start <= event.at <= end
            and source_type in (None, event.kind.source_type)
            and source_identifier in (None, event.source_identifier)
        ]

    def storage(self) -> dict[str, float]:
        """Return what all manual and automated snapshots of the account hold."""
        return {
            "TotalBackupSizeInMegaBytes": float(
                sum(snapshot.size_megabytes for snapshot in self.snapshots.values())
            ),
            "TotalProvisionedStorageInMegaBytes": 0.0,
        }

    def credentials(
        self, cluster_identifier: str, db_user: str, duration_seconds: int
    ) -> dict[str, Any]:
        """Return temporary database credentials for a user, who need not exist."""
        cluster = self.find_cluster(cluster_identifier)
        self.require_status(cluster, "get credentials", "available", "rebooting", "resizing")
        if not 900 <= duration_seconds <= 3600:
            bad_value("Token duration must be between 900 and 3600 seconds")
        expiration = CLOCK.now() + timedelta(seconds=duration_seconds)
        return {"DbUser": db_user, "DbPassword": new_password(), "Expiration": expiration}

    def _find_taggable(self, arn: str) -> TaggableResourceMixin:
        resource = self._get_resource_from_arn(arn)
        if resource.arn != arn:
            fail(ErrorCode.RESOURCE_NOT_FOUND, f"The resource {arn} was not found.")
        return resource


def all_backends() -> list[SandboxRedshiftBackend]:
    """Return the backends of every account and region that was used so far."""
    return [
        backend
        for regions in list(redshift_backends.values())
        for backend in list(regions.values())
    ]


def _aware(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
