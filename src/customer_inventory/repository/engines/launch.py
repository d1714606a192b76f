"""The last step before a PostgreSQL program runs: give up rights, tie its life to ours, become it.

This file is executed as a script by a bare interpreter (`python -I -S launch.py ORDER`), never imported for its
effect, and so stands on the standard library alone. It exists because none of this may happen in a forked copy of a
process with threads (the price: about 30 ms for each program started). In this order it

1. opens the data and socket directories while it still may, so that the program can reach them through
   `/proc/self/fd/N` when their path leads through a directory that the engine's user cannot search (a clone below
   `/root`), is too long for a socket address (107 bytes), or holds a character that PostgreSQL takes for a separator;
2. takes the *life lock*: an flock that every process of the engine inherits, so that "is any process of this engine
   still alive?" has an answer from the kernel and not from a pid in a file;
3. becomes the engine's user for good; forbids core dumps, which would hold customer data;
4. asks the kernel for SIGQUIT when its parent dies (see `DEATH_SIGNAL`);
5. becomes the program.

It ends with 126 when the program cannot be read or run by that user, 77 when it may not become that user, 75 when the
life lock is held, and 70 when its parent is gone already.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
import resource
import signal
import sys
from typing import Any

UNREACHABLE = 126
NOT_PERMITTED = 77
STILL_ALIVE = 75
ORPHANED = 70

SOCKET_ADDRESS_BYTES = 107 - len("/.s.PGSQL.65535")
"""Longest directory, in bytes, in which PostgreSQL can put a socket (sun_path of unix(7), less the file's name)."""

DEATH_SIGNAL = signal.SIGQUIT
"""SIGQUIT is PostgreSQL's *immediate* shutdown: every process is gone within moments, whatever it was doing. The price
is a crash recovery at the next start. SIGINT would save that, but PostgreSQL 18 never ends when a fast shutdown reaches
it during recovery (its checkpointer waits on, and with nobody left to notice, for ever)."""

_PR_SET_PDEATHSIG = 1
_PLAIN = re.compile(r"[A-Za-z0-9_./@%+=:-]+")


def plain(path: str, *, socket: bool) -> bool:
    """Tell whether `path` can be handed to PostgreSQL and libpq as it is."""
    short = not socket or len(os.fsencode(path)) <= SOCKET_ADDRESS_BYTES
    return short and _PLAIN.fullmatch(path) is not None


def main(order: dict[str, Any]) -> None:
    """Carry out `order` (made by `order_for`) and become its program; returns only by ending the process."""
    death = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    opened = {name: os.open(path, os.O_RDONLY | os.O_DIRECTORY) for name, path in order["directories"].items()}
    if order["life_lock"]:
        _take_life_lock(order["life_lock"])
    os.chdir("/")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if order["user"]:
        _become_user(*order["user"])
    signal.signal(DEATH_SIGNAL, signal.SIG_DFL)  # were it Python's, one just before exec would be lost
    if death:
        death(_PR_SET_PDEATHSIG, int(DEATH_SIGNAL), 0, 0, 0)
    if os.getppid() != order["parent"]:
        os._exit(ORPHANED)
    places = {name: _place(name, order["directories"][name], fd) for name, fd in opened.items()}
    _become([_fill(word, places) for word in order["program"]], needs=order["needs"])


def _take_life_lock(path: str) -> None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os._exit(STILL_ALIVE)
    os.set_inheritable(lock, True)


def _become_user(uid: int, gid: int) -> None:
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except OSError:
        os._exit(NOT_PERMITTED)


def _place(name: str, path: str, fd: int) -> str:
    """Return what the program calls the open directory: its path when that leads there, else the descriptor."""
    if plain(path, socket=name == "socket"):
        try:
            if os.path.samestat(os.stat(path), os.fstat(fd)):  # noqa: PTH116 - pathlib would be loaded for it
                return path
        except OSError:
            pass
    os.set_inheritable(fd, True)
    return f"/proc/self/fd/{fd}"


def _fill(word: str, places: dict[str, str]) -> str:
    for name, place in places.items():
        word = word.replace("{" + name + "}", place)
    return word


def _become(program: list[str], *, needs: list[str]) -> None:
    for path in needs:
        if not os.access(path, os.R_OK):
            os._exit(UNREACHABLE)
    try:
        os.execv(program[0], program)  # noqa: S606 - there is no shell, and that is the point
    except OSError:
        os._exit(UNREACHABLE)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
