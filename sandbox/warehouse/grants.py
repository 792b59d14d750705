"""GRANT, REVOKE, and the statements that make users and groups."""

from typing import TYPE_CHECKING

from sandbox.warehouse.access import PUBLIC, Relation
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.reader import Reader
from sandbox.warehouse.results import Result

if TYPE_CHECKING:
    from sandbox.warehouse.session import Session

TABLE_PRIVILEGES = {"SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "REFERENCES", "TRUNCATE", "ALL"}
SCHEMA_PRIVILEGES = {"USAGE", "CREATE", "ALL"}


def grant(reader: Reader, session: "Session") -> Result:
    """Run GRANT or REVOKE on tables and schemas."""
    gives = reader.take("GRANT")
    if not gives:
        reader.expect("REVOKE")
    privileges = _privileges(reader)
    reader.expect("ON")
    grants = _objects(reader, privileges, session)
    reader.expect("TO" if gives else "FROM")
    grantees = _grantees(reader, session)
    reader.take("WITH", "GRANT", "OPTION")
    reader.take("CASCADE")
    reader.end()
    access = session.warehouse.access
    for held in grants:
        (access.grant if gives else access.revoke)(held, grantees, privileges)
    session.warehouse.changed()
    return Result()


def _privileges(reader: Reader) -> set[str]:
    if reader.take("ALL"):
        reader.take("PRIVILEGES")
        return {"ALL"}
    found = {reader.name().upper()}
    while reader.take(","):
        found.add(reader.name().upper())
    return found


def _objects(reader: Reader, privileges: set[str], session: "Session") -> list[dict[str, set[str]]]:
    access = session.warehouse.access
    if reader.take("SCHEMA"):
        _refuse_unknown(privileges, SCHEMA_PRIVILEGES, "a schema")
        keys = [(session.database, name) for name in reader.names()]
        for key in keys:
            _require_schema(key, session)
            if not (
                session.user.is_superuser or access.schema_owners.get(key) == session.user.name
            ):
                raise SqlError(f"permission denied for schema {key[1]}")
        return [access.schema_grants.setdefault(key, {}) for key in keys]
    for word in ("DATABASE", "FUNCTION", "PROCEDURE", "LANGUAGE", "DATASHARE", "MODEL", "EXTERNAL"):
        if reader.word == word:
            raise NotModelledError(f"GRANT or REVOKE ON {word}")
    _refuse_unknown(privileges, TABLE_PRIVILEGES, "a table")
    relations = _tables(reader, session)
    for relation in relations:
        if not access.owns_table(session.user, relation):
            raise SqlError(f"permission denied for relation {relation[2]}")
    return [access.table_grants.setdefault(relation, {}) for relation in relations]


def _tables(reader: Reader, session: "Session") -> list[Relation]:
    catalog = session.scope.catalog
    if reader.take("ALL", "TABLES", "IN", "SCHEMA"):
        schemas = reader.names()
        for schema in schemas:
            _require_schema((session.database, schema), session)
        return [r for r in catalog.relations if r[0] == session.database and r[1] in schemas]
    reader.take("TABLE")
    found = []
    while True:
        parts = ["", "", *reader.path()][-3:]
        relation = catalog.resolve(parts[0], parts[1], parts[2])
        if relation is None:
            raise SqlError(f'relation "{".".join(part for part in parts if part)}" does not exist')
        found.append(relation)
        if not reader.take(","):
            return found


def _grantees(reader: Reader, session: "Session") -> list[str]:
    found = []
    while True:
        if reader.take("GROUP"):
            name = reader.name()
            if name not in session.warehouse.access.groups:
                raise SqlError(f'group "{name}" does not exist')
            found.append(f"group {name}")
        elif reader.take("ROLE"):
            raise NotModelledError("GRANT or REVOKE for a ROLE")
        else:
            # IAM users are written quoted, with capitals: "IAMR:role".
            name = reader.text()
            name = name if name.startswith(("IAM:", "IAMR:")) else name.lower()
            if name != PUBLIC:
                require_user(name, session)
            found.append(name)
        if not reader.take(","):
            return found


def create_user(reader: Reader, session: "Session") -> Result:
    """Run CREATE USER; the password is kept, as a secret of the user has to match it."""
    _require_superuser(session)
    name = reader.text()
    name = name if name.startswith(("IAM:", "IAMR:")) else name.lower()
    if name in session.warehouse.access.users or name == session.admin_name:
        raise SqlError(f'user "{name}" already exists')
    is_super = False
    reader.take("WITH")
    while not reader.is_done:
        if reader.take("PASSWORD"):
            _set_password(name, reader, session)
        elif reader.take("CREATEUSER"):
            is_super = True
        elif reader.take("IN", "GROUP"):
            for group in reader.names():
                _members(group, session).add(name)
        elif not _ignored_option(reader):
            raise reader.error()
    session.warehouse.access.users[name] = is_super
    session.warehouse.changed()
    return Result()


def _set_password(name: str, reader: Reader, session: "Session") -> None:
    """Keep a password; a digest cannot be compared, DISABLE leaves temporary credentials only."""
    passwords = session.warehouse.access.passwords
    if reader.take("DISABLE"):
        passwords[name] = "\0disabled"
        return
    text = reader.string()
    passwords.pop(name, None)
    if not text.startswith(("md5", "sha256|")):
        passwords[name] = text


def _ignored_option(reader: Reader) -> bool:
    """Take an option that changes nothing the sandbox looks at."""
    if reader.take("SYSLOG", "ACCESS") or reader.take("CONNECTION", "LIMIT"):
        reader.text()
        return True
    if reader.take("VALID", "UNTIL") or reader.take("SESSION", "TIMEOUT"):
        reader.text()
        return True
    return any(reader.take(word) for word in ("NOCREATEUSER", "NOCREATEDB", "CREATEDB"))


def alter_user(reader: Reader, session: "Session") -> Result:
    """Run ALTER USER for password and superuser."""
    name = reader.name()
    require_user(name, session)
    if not session.user.is_superuser and session.user.name != name:
        raise SqlError("permission denied to alter user")
    reader.take("WITH")
    while not reader.is_done:
        if reader.take("PASSWORD"):
            _set_password(name, reader, session)
        elif reader.word in ("CREATEUSER", "NOCREATEUSER") and session.user.is_superuser:
            session.warehouse.access.users[name] = reader.name() == "createuser"
        elif not _ignored_option(reader):
            raise NotModelledError(f"ALTER USER ... {reader.word}")
    session.warehouse.changed()
    return Result()


def drop_user(reader: Reader, session: "Session") -> Result:
    """Run DROP USER; a user who owns something cannot be dropped."""
    _require_superuser(session)
    exists = reader.take("IF", "EXISTS")
    access = session.warehouse.access
    for name in reader.names():
        if name not in access.users and exists:
            continue
        require_user(name, session)
        if name in access.table_owners.values() or name in access.schema_owners.values():
            raise SqlError(f'user "{name}" cannot be dropped because the user owns some object')
        del access.users[name]
        access.passwords.pop(name, None)
        for members in access.groups.values():
            members.discard(name)
        for grants in (*access.table_grants.values(), *access.schema_grants.values()):
            grants.pop(name, None)
    reader.end()
    session.warehouse.changed()
    return Result()


def change_group(reader: Reader, session: "Session", verb: str) -> Result:
    """Run CREATE, ALTER or DROP GROUP."""
    _require_superuser(session)
    groups = session.warehouse.access.groups
    name = reader.name()
    if verb == "CREATE":
        if name in groups:
            raise SqlError(f'group "{name}" already exists')
        reader.take("WITH")
        groups[name] = set(reader.names()) if reader.take("USER") else set()
    elif verb == "DROP":
        _members(name, session)
        del groups[name]
    elif reader.take("ADD", "USER"):
        _members(name, session).update(reader.names())
    else:
        reader.expect("DROP", "USER")
        _members(name, session).difference_update(reader.names())
    reader.end()
    session.warehouse.changed()
    return Result()


def require_user(name: str, session: "Session") -> None:
    """Refuse a name that is no user of the cluster."""
    if name != session.admin_name and name not in session.warehouse.access.users:
        raise SqlError(f'user "{name}" does not exist')


def _members(group: str, session: "Session") -> set[str]:
    groups = session.warehouse.access.groups
    if group not in groups:
        raise SqlError(f'group "{group}" does not exist')
    return groups[group]


def _require_superuser(session: "Session") -> None:
    if not session.user.is_superuser:
        raise SqlError("permission denied: must be superuser to change users or groups")


def _require_schema(key: tuple[str, str], session: "Session") -> None:
    if key not in session.scope.catalog.schemas:
        raise SqlError(f'schema "{key[1]}" does not exist')


def _refuse_unknown(privileges: set[str], known: set[str], kind: str) -> None:
    for privilege in sorted(privileges - known):
        raise SqlError(f"invalid privilege type {privilege} for {kind}")
