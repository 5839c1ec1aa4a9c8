"""Who a job runs as: users and groups of the system, by name or number."""

from __future__ import annotations

import os

from schedkit.errors import ExecutorError
from schedkit.records import Record

_LARGEST = 2**32 - 2  # the one above stands for "leave it as it is"; Source: setresuid(2)


class Account(Record):
    """
    A user and its groups; *groups* None stands for those that the runner has.

    *name* and *home* are None where no user was asked for, or the system knows its number alone.
    """

    uid: int
    gid: int
    groups: tuple[int, ...] | None = None
    name: str | None = None
    home: str | None = None

    @property
    def is_the_runners(self) -> bool:
        """Whether it is what the runner is itself."""
        return (self.uid, self.gid) == (os.geteuid(), os.getegid())


def account(user: str | None, group: str | None) -> Account:
    """
    Return who runs a job of this *user* and this *group*; None leaves what would be without it.

    Raises: ExecutorError when there is no such user or group, or the runner may not become it.
    """
    gid = None if group is None else _gid(group)
    if user is not None:
        found = _of(user, gid)
    else:
        found = Account(os.geteuid(), os.getegid() if gid is None else gid)
    if os.geteuid() != 0 and not found.is_the_runners:
        what = f"user {user}" if user is not None else f"group {group}"
        raise ExecutorError(f"only a runner of root can run a job as {what}")
    return found


def _of(user: str, gid: int | None) -> Account:
    import pwd  # only where users are

    if user.isdecimal():
        uid = _number(user, "user")
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            if gid is None:
                why = "has no entry, and no group then: write one"
                raise ExecutorError(f"user {user} {why}") from None
            return Account(uid, gid, (gid,))
    else:
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            raise ExecutorError(f"there is no user {user!r}") from None
    gid = entry.pw_gid if gid is None else gid
    groups = tuple(os.getgrouplist(entry.pw_name, gid))
    return Account(entry.pw_uid, gid, groups, entry.pw_name, entry.pw_dir)


def _gid(group: str) -> int:
    import grp  # only where groups are

    if group.isdecimal():
        return _number(group, "group")
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ExecutorError(f"there is no group {group!r}") from None


def _number(text: str, kind: str) -> int:
    number = int(text)
    if number > _LARGEST:
        raise ExecutorError(f"there is no {kind} {text}")
    return number
