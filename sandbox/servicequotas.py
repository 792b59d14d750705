"""Service Quotas for Redshift's snapshots: moto knows those of VPC only."""

from typing import Any

import moto.servicequotas.urls
from moto.servicequotas.models import ServiceQuotasBackend, servicequotas_backends

from sandbox.redshift.settings import SETTINGS

USER_SNAPSHOTS = "L-2E428669"
"""Redshift's quota of manual snapshots in an account and region. From public code; unverified."""


class SandboxServiceQuotasBackend(ServiceQuotasBackend):
    """moto's Service Quotas, with the quota that the sandbox's Redshift goes by."""

    _url_module = moto.servicequotas.urls

    def get_service_quota(self, service_code: str, quota_code: str) -> dict[str, Any]:
        """Return the applied value of a quota."""
        if (service_code, quota_code) != ("redshift", USER_SNAPSHOTS):
            quota: dict[str, Any] = super().get_service_quota(service_code, quota_code)
            return quota
        return {
            "ServiceCode": service_code,
            "ServiceName": "Amazon Redshift",
            "QuotaCode": quota_code,
            "QuotaName": "User snapshots",
            "Value": float(SETTINGS.manual_snapshots),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }


def install() -> None:
    """Put the sandbox's backend in moto's place. Idempotent."""
    if servicequotas_backends.backend is not SandboxServiceQuotasBackend:
        servicequotas_backends.backend = SandboxServiceQuotasBackend
        servicequotas_backends.clear()
