"""Users of a cluster, what they own, and what they were granted."""

from collections.abc import Iterable
from dataclasses import dataclass, field

PUBLIC = "public"
Relation = tuple[str, str, str]
"""Database, schema, table."""


@dataclass(frozen=True)
class User:
    """Who runs a statement.

    :param name: database user, lower case as Redshift folds it, or ``IAM:...`` / ``IAMR:...``.
    """

    name: str
    is_superuser: bool = False


@dataclass
class Access:
    """Users (name: superuser?), groups, owners and grants of one cluster; frozen with its data.

    Redshift keeps them in the cluster, so a restored cluster has those of its snapshot.
    The admin user is not in here: it is the cluster's ``MasterUsername``.
    """

    users: dict[str, bool] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    schema_grants: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)
    table_grants: dict[Relation, dict[str, set[str]]] = field(default_factory=dict)
    schema_owners: dict[tuple[str, str], str] = field(default_factory=dict)
    table_owners: dict[Relation, str] = field(default_factory=dict)

    def names_of(self, user: User) -> set[str]:
        """Names under which a user may have been granted something."""
        groups = {f"group {name}" for name, members in self.groups.items() if user.name in members}
        return {user.name, PUBLIC, *groups}

    def may_use_schema(self, user: User, database: str, schema: str, privilege: str) -> bool:
        """Tell whether a user has USAGE or CREATE on a schema; ``public`` is open to all."""
        key = (database, schema)
        if user.is_superuser or schema == "public" or self.schema_owners.get(key) == user.name:
            return True
        return _granted(self.schema_grants.get(key, {}), self.names_of(user), privilege)

    def owns_table(self, user: User, relation: Relation) -> bool:
        """Tell whether a user may alter, truncate or drop a table."""
        return user.is_superuser or self.table_owners.get(relation) == user.name

    def may_use_table(self, user: User, relation: Relation, privilege: str) -> bool:
        """Tell whether a user may SELECT, INSERT, UPDATE or DELETE."""
        if self.owns_table(user, relation):
            return True
        return _granted(self.table_grants.get(relation, {}), self.names_of(user), privilege)

    def may_see_table(self, user: User, relation: Relation) -> bool:
        """Tell whether a user sees a table in the catalog: any privilege on it is enough."""
        if self.owns_table(user, relation):
            return True
        grants = self.table_grants.get(relation, {})
        return any(grants.get(name) for name in self.names_of(user))

    def grant(
        self, grants: dict[str, set[str]], grantees: Iterable[str], privileges: Iterable[str]
    ) -> None:
        """Add privileges to one object's grants."""
        wanted = set(privileges)
        for grantee in grantees:
            grants.setdefault(grantee, set()).update(wanted)

    def revoke(
        self, grants: dict[str, set[str]], grantees: Iterable[str], privileges: Iterable[str]
    ) -> None:
        """Take privileges away; ALL takes every one."""
        unwanted = set(privileges)
        for grantee in grantees:
            held = grants.get(grantee, set())
            held -= held if "ALL" in unwanted else unwanted

    def forget_table(self, relation: Relation) -> None:
        """Drop what was recorded of a table."""
        self.table_grants.pop(relation, None)
        self.table_owners.pop(relation, None)

    def rename_table(self, old: Relation, new: Relation) -> None:
        """Carry owner and grants over to a table's new name."""
        if old in self.table_grants:
            self.table_grants[new] = self.table_grants.pop(old)
        if old in self.table_owners:
            self.table_owners[new] = self.table_owners.pop(old)

    def forget_schema(self, database: str, schema: str) -> None:
        """Drop what was recorded of a schema and its tables."""
        self.schema_grants.pop((database, schema), None)
        self.schema_owners.pop((database, schema), None)
        for relation in [
            r for r in (*self.table_grants, *self.table_owners) if r[:2] == (database, schema)
        ]:
            self.forget_table(relation)


def _granted(grants: dict[str, set[str]], names: set[str], privilege: str) -> bool:
    return any({"ALL", privilege} & grants.get(name, set()) for name in names)
