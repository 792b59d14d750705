"""Letting other accounts restore a snapshot, and taking that back."""

from sandbox.clock import CLOCK
from sandbox.kms import KeyKind, KeyUnusableError, key_kind
from sandbox.redshift.errors import ErrorCode, bad_combination, bad_value, fail
from sandbox.redshift.settings import SETTINGS
from sandbox.redshift.snapshot import SandboxSnapshot
from sandbox.redshift.state import RedshiftState
from sandbox.redshift.validation import SUPPORT_ACCOUNT, account


class SharingOperations(RedshiftState):
    """AuthorizeSnapshotAccess and RevokeSnapshotAccess, as the owner calls them."""

    def authorize_snapshot_access(
        self,
        identifier: str | None,
        arn: str | None,
        cluster_identifier: str | None,
        with_account: str,
    ) -> SandboxSnapshot:
        """Authorize an account for an available manual snapshot."""
        snapshot = self.find_by_identifier_or_arn(identifier, arn, cluster_identifier)
        self._check_account(with_account)
        self._require_state(snapshot)
        if with_account in snapshot.authorized_accounts:
            fail(
                ErrorCode.AUTHORIZATION_ALREADY_EXISTS,
                f"Account {with_account} is already authorized for snapshot "
                f"{snapshot.snapshot_identifier}.",
            )
        self._require_shareable_key(snapshot)
        self._require_sharing_quota(snapshot)
        snapshot.authorized_accounts[with_account] = None
        self._sharing_changed(snapshot)
        return snapshot

    def revoke_snapshot_access(
        self,
        identifier: str | None,
        arn: str | None,
        cluster_identifier: str | None,
        from_account: str,
    ) -> SandboxSnapshot:
        """Take an account's authorization back. Restores that have begun go on."""
        snapshot = self.find_by_identifier_or_arn(identifier, arn, cluster_identifier)
        self._check_account(from_account)
        if from_account not in snapshot.authorized_accounts:
            fail(
                ErrorCode.AUTHORIZATION_NOT_FOUND,
                f"Account {from_account} is not authorized for snapshot "
                f"{snapshot.snapshot_identifier}.",
            )
        del snapshot.authorized_accounts[from_account]
        self._sharing_changed(snapshot)
        return snapshot

    def find_by_identifier_or_arn(
        self, identifier: str | None, arn: str | None, cluster_identifier: str | None
    ) -> SandboxSnapshot:
        """Return the snapshot of this account that exactly one of identifier and ARN names."""
        if bool(identifier) == bool(arn):
            bad_combination("Give either SnapshotIdentifier or SnapshotArn.")
        if identifier:
            return self.find_snapshot(identifier, cluster_identifier)
        name = str(arn).rpartition("/")[2]
        snapshot = self.snapshots.get(name)
        if snapshot is None or snapshot.arn != arn:
            fail(ErrorCode.CLUSTER_SNAPSHOT_NOT_FOUND, f"Snapshot {arn} not found.")
        return self.find_snapshot(name, cluster_identifier)

    def _check_account(self, other: str) -> None:
        if other == SUPPORT_ACCOUNT:
            return
        account(other, "AccountWithRestoreAccess")
        if other == self.account_id:
            bad_value(
                f"The account {other} owns the snapshot: its own access cannot be authorized or "
                "revoked."
            )

    def _require_state(self, snapshot: SandboxSnapshot) -> None:
        name, status = snapshot.snapshot_identifier, snapshot.status(CLOCK.now())
        if not snapshot.is_manual:
            fail(
                ErrorCode.INVALID_CLUSTER_SNAPSHOT_STATE,
                f"The snapshot {name} is automated: only manual snapshots can be shared.",
            )
        if status != "available":
            fail(
                ErrorCode.INVALID_CLUSTER_SNAPSHOT_STATE,
                f"The snapshot {name} is {status}: only available snapshots can be shared.",
            )

    def _sharing_changed(self, snapshot: SandboxSnapshot) -> None:
        # Only a snapshot with a retention can end by it, and the look at all ends is long.
        if snapshot.retention_days != -1:
            self.retention_changed()

    def _require_shareable_key(self, snapshot: SandboxSnapshot) -> None:
        """Refuse a key whose policy nobody can change. The codes are a choice: AWS's are unknown.

        A key that AWS owns is let through here and refused by the restore.
        """
        key = snapshot.facts.kms_key_id
        if key is None:
            return
        try:
            kind = key_kind(key)
        except KeyUnusableError as error:
            fail(ErrorCode.UNSUPPORTED_OPERATION, f"The snapshot cannot be shared. {error}")
        if kind is KeyKind.AWS_MANAGED:
            fail(
                ErrorCode.UNSUPPORTED_OPERATION,
                f"The snapshot {snapshot.snapshot_identifier} is encrypted with the AWS managed "
                f"key {key}, which cannot be shared with another account. Use a customer managed "
                "key.",
            )

    def _require_sharing_quota(self, snapshot: SandboxSnapshot) -> None:
        held = len(snapshot.authorized_accounts)
        if held >= SETTINGS.accounts_per_snapshot:
            fail(
                ErrorCode.AUTHORIZATION_QUOTA_EXCEEDED,
                f"The snapshot {snapshot.snapshot_identifier} is shared with {held} accounts; the "
                f"quota is {SETTINGS.accounts_per_snapshot}.",
            )
        key = snapshot.facts.kms_key_id
        if key is None or not key.startswith("arn:"):
            return
        under_key = sum(
            len(other.authorized_accounts)
            for other in self.snapshots.values()
            if other.facts.kms_key_id == key
        )
        if under_key >= SETTINGS.accounts_per_key:
            fail(
                ErrorCode.LIMIT_EXCEEDED,
                f"The encryption key {key} has exceeded its grant limit in KMS: {under_key} "
                f"authorizations, the limit is {SETTINGS.accounts_per_key}.",
            )
