"""What each role may do."""

from functools import cache

from crm import reference
from crm.domain import Permission, Role


@cache
def permissions_of(role: Role) -> frozenset[Permission]:
    """What a role may do, from `crm/reference/roles.toml`.

    Raises:
        ValueError: the file names a role or permission that there is not.
    """
    entry = reference.table("roles")[role.value]
    included = (permissions_of(Role(name)) for name in entry.get("includes", ()))
    return frozenset(map(Permission, entry["permissions"])).union(*included)
