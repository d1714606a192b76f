"""The data directory: what lies where, who may read it, and who holds it now.

    DIR/postgres         the database itself, 0700, of the user the engine runs as
    DIR/socket           the only door to it, 0700, of the same user
    DIR/passfile         the password of the role `customer_inventory`, in libpq's own form, 0600
    DIR/superuser        the same for the role `postgres`, used to set the engine up
    DIR/engine.json      which binaries made the database, and when
    DIR/postgres.log     what the engine says; never a statement, a parameter or a row
    DIR/lock             held by the process that runs the engine; says its pid
    DIR/guests           held, shared, by commands that use an engine another process runs
    DIR/alive            held by every process of the engine itself (`launch`)

Nothing outside DIR is ever made readable or given away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from customer_inventory.repository.engines.contract import EngineError


class DataDirectoryUnusable(EngineError):
    """The data directory cannot be used."""

    code = "engine-data-directory"


class NoEngineUser(EngineError):
    """PostgreSQL refuses to run as root, and no user was found to run it as.

    Start as an ordinary user, or make a system user named `postgres`.
    """

    code = "engine-no-user"


class Made(msgspec.Struct, frozen=True):
    """How a database came to be: the binaries that made it, and when it was ready."""

    binaries: str
    version: str
    major: int
    made_at: datetime


@dataclass(frozen=True)
class EngineUser:
    """The operating system's user that the engine runs as."""

    name: str
    uid: int
    gid: int


class Lock:
    """An flock on one file; it ends with the process that holds it, however that ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def exclusive(self) -> bool:
        """Try to hold the lock alone; tell whether that worked."""
        return self._hold(fcntl.LOCK_EX)

    def shared(self) -> bool:
        """Try to hold the lock with others; tell whether that worked."""
        return self._hold(fcntl.LOCK_SH)

    def write(self, content: bytes) -> None:
        """Replace what the held file says."""
        assert self._descriptor is not None, "write only while holding"  # noqa: S101 - a programmer's error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def release(self) -> None:
        """Let go; harmless when nothing is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _hold(self, how: int) -> bool:
        # A held lock is never upgraded in place: flock drops the old one first, and another process may slip between.
        self.release()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True


class DataDirectory:
    """The files of one embedded engine."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.postgres = self.root / "postgres"
        self.socket = self.root / "socket"
        self.passfile = self.root / "passfile"
        self.superuser = self.root / "superuser"
        self.record = self.root / "engine.json"
        self.log = self.root / "postgres.log"
        self.lock = self.root / "lock"
        self.guests = self.root / "guests"
        self.alive = self.root / "alive"

    def prepare(self) -> None:
        """Make the directory and its small files, as far as they are missing. Raises DataDirectoryUnusable."""
        with self.usable():
            self.root.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                self.root.mkdir(mode=0o700)
            if self.postgres.exists() and os.geteuid() not in (0, self.postgres.stat().st_uid):
                raise DataDirectoryUnusable(
                    f"The data directory {self.root} belongs to the user {_user_name(self.postgres.stat().st_uid)}. "
                    f"Run as that user, or choose another directory with --data."
                )
            for path in (self.lock, self.guests, self.alive, self.log):
                self._touch(path)

    def engine_user(self, wanted: str | None) -> EngineUser | None:
        """Return whom the engine runs as: ourselves (None), or as root the data's owner, `wanted`, postgres or nobody.

        Raises NoEngineUser when this is root and none of them exists.
        """
        if os.geteuid() != 0:
            return None
        for path in (self.postgres, self.root):
            if path.exists() and (uid := path.stat().st_uid) != 0:
                return EngineUser(_user_name(uid), uid, path.stat().st_gid)
        for name in (wanted,) if wanted else ("postgres", "nobody"):
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return EngineUser(name, entry.pw_uid, entry.pw_gid)
        raise NoEngineUser(f"There is no user named {wanted} to run PostgreSQL as." if wanted else None)

    def folder(self, path: Path, user: EngineUser | None) -> None:
        """Make `path` a directory 0700 of the engine's user, if it is not one. Raises DataDirectoryUnusable."""
        with self.usable():
            path.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if user:
                    os.fchown(descriptor, user.uid, user.gid)
                os.fchmod(descriptor, 0o700)
            finally:
                os.close(descriptor)

    def write(self, path: Path, content: bytes, *, user: EngineUser | None = None) -> None:
        """Put `content` durably into `path` (0600), whole or not at all. Raises DataDirectoryUnusable."""
        fresh = path.with_name(path.name + ".new")
        with self.usable():
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                self._give(descriptor, user)
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            fresh.rename(path)
            sync_directory(path.parent)

    def made(self) -> Made | None:
        """Return how the database was made, or None when it is not yet whole."""
        try:
            return msgspec.json.decode(self.record.read_bytes(), type=Made)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise DataDirectoryUnusable(
                f"{self.record} cannot be read ({type(error).__name__}). It only says which PostgreSQL made the data: "
                f"remove it and start again."
            ) from error

    def major(self) -> int | None:
        """Return the major version of the database, or None when there is none yet. Raises DataDirectoryUnusable."""
        with self.usable():
            try:
                return int((self.postgres / "PG_VERSION").read_text("ascii"))
            except FileNotFoundError:
                return None
            except ValueError as error:
                raise DataDirectoryUnusable(
                    f"{self.postgres / 'PG_VERSION'} does not name a version. Restore the directory from a backup."
                ) from error

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Explain what the operating system refuses inside the block. Raises DataDirectoryUnusable."""
        try:
            yield
        except OSError as error:
            raise DataDirectoryUnusable(_explained(self.root, error)) from error

    def _touch(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._give(descriptor, None)
        finally:
            os.close(descriptor)

    def _give(self, descriptor: int, user: EngineUser | None) -> None:
        """Give a file that root made to whom the directory belongs, so that this user can go on without root."""
        if os.geteuid() == 0:
            owner = self.root.stat()
            os.fchown(descriptor, user.uid if user else owner.st_uid, user.gid if user else owner.st_gid)


def sync_directory(path: Path) -> None:
    """Make the names in `path` durable (fsync of the directory, POSIX)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"


def _explained(root: Path, error: OSError) -> str:
    what = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    path = error.filename or root
    match error.errno:
        case errno.EACCES | errno.EPERM:
            remedy = f"Give {_user_name(os.geteuid())} the right to it, or choose another directory with --data."
        case errno.ENOSPC | errno.EDQUOT:
            remedy = "Free some space on its disk and start again; nothing that was committed is lost."
        case errno.ENOTDIR | errno.EEXIST | errno.ELOOP:
            remedy = "Something else lies there: choose another directory with --data."
        case errno.EROFS:
            remedy = "Its file system is read-only: choose another directory with --data."
        case _:
            remedy = "Look at the disk and start again."
    return f"The data directory {root} cannot be used: {path}: {what}. {remedy}"
