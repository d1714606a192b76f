"""How the embedded PostgreSQL is set, each setting with its reason.

The file is written anew at every start, so a later version of the product brings its settings along. An operator's own
stand in `DIR/postgres/local.conf`, which the last line includes when it is there. What guards the data (no network, no
customer data in logs) goes onto the server's command line instead, where no file overrides it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class Setting:
    """One setting of PostgreSQL and why it has this value."""

    name: str
    value: str
    why: str


GUARDS: Sequence[Setting] = (
    Setting("listen_addresses", "", "no network: the socket is the only door"),
    Setting("unix_socket_permissions", "0700", "the socket is for the engine's user (and root) alone"),
    Setting("log_destination", "stderr", "the supervisor holds the log file; no second copy elsewhere"),
    Setting("logging_collector", "off", "the same"),
    Setting("log_statement", "none", "statements can carry customer data"),
    Setting("log_min_error_statement", "panic", "the statement that failed can carry customer data"),
    Setting("log_min_duration_statement", "-1", "a slow statement can carry customer data"),
    Setting("log_min_duration_sample", "-1", "the same"),
    Setting("log_transaction_sample_rate", "0", "the same"),
    Setting("log_duration", "off", "the same"),
    Setting("log_parameter_max_length", "0", "parameters are customer data"),
    Setting("log_parameter_max_length_on_error", "0", "the same"),
    Setting("log_error_verbosity", "terse", "DETAIL and CONTEXT lines repeat the values of the row that failed"),
    Setting("debug_print_parse", "off", "trees of statements hold their constants"),
    Setting("debug_print_rewritten", "off", "the same"),
    Setting("debug_print_plan", "off", "the same"),
)
"""On the command line, so that no file overrides them. Error messages themselves can quote a value ("invalid input
syntax … "); `engines.sql` therefore also lifts `log_min_messages` above ERROR for the role the product works as."""


_FIXED = (
    Setting("max_connections", "64", "the product holds few; the rest is for commands beside it and backup jobs"),
    Setting("fsync", "on", "an acknowledged write is never lost"),
    Setting("synchronous_commit", "on", "the same"),
    Setting("full_page_writes", "on", "the same, when a page is half written at a power cut"),
    Setting("wal_level", "replica", "what point-in-time restore and replicas need; minimal saves only bulk loads"),
    Setting(
        "wal_compression",
        "off",
        "pglz takes more processor from writers than the disk saves; not all builds have lz4",
    ),
    Setting("max_wal_size", "2GB", "a bulk load of a million customers meets few checkpoints; recovery stays short"),
    Setting("checkpoint_timeout", "15min", "fewer whole-page images in the log than with the default 5 minutes"),
    Setting("random_page_cost", "1.1", "solid-state disks: an index look-up costs hardly more than reading on"),
    Setting("jit", "off", "our statements take milliseconds; compiling one takes longer than running it"),
    Setting(
        "autovacuum_vacuum_scale_factor",
        "0.05",
        "a table of a million is cleaned after 50,000 changes, not 200,000",
    ),
    Setting("autovacuum_analyze_scale_factor", "0.02", "counts beyond the exact bound are estimated from statistics"),
    Setting("client_connection_check_interval", "10s", "the work of a client that is gone ends"),
    Setting("timezone", "UTC", "times are kept in UTC"),
    Setting("log_timezone", "UTC", "the same"),
    Setting("lc_messages", "C", "the supervisor quotes messages; they are the same everywhere"),
    Setting("log_line_prefix", "%m [%p] %b ", "when, which process, of which kind; nothing of the client"),
    Setting("log_lock_waits", "on", "says which table a write waited for"),
    Setting("log_autovacuum_min_duration", "60s", "says which table takes long to clean"),
    Setting("track_io_timing", "on", "diagnosis needs to tell disk from processor"),
)


def render(*, memory_bytes: int, shared_memory_bytes: int, local: bool) -> str:
    """Return postgresql.conf for a machine with that much memory and /dev/shm; `local` includes local.conf."""
    lines = [
        "# Written by Customer Inventory at every start. Put your own settings into local.conf beside this file.",
        "",
    ]
    for setting in _settings(memory_bytes, shared_memory_bytes):
        lines += [f"# {setting.why}", f"{setting.name} = '{setting.value}'"]
    return "\n".join([*lines, "", *(["include = 'local.conf'"] if local else []), ""])


def memory_bytes() -> int:
    """Return the memory this process may use, in bytes: the machine's, or less when a control group says so."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        return min(machine, int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    return machine


def shared_memory_bytes() -> int:
    """Return the size of the shared memory file system, in bytes; 0 when there is none."""
    with suppress(OSError):
        file_system = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size, nothing is put there
        return file_system.f_frsize * file_system.f_blocks
    return 0


def _settings(memory: int, shared: int) -> Sequence[Setting]:
    buffers = _between(memory // 4, low=64 * MIB, high=1024 * MIB)
    cache = max(memory // 2, buffers)
    maintenance = _between(memory // 16, low=32 * MIB, high=512 * MIB)
    segments = "posix" if shared >= 256 * MIB else "mmap"
    return (
        Setting(
            "shared_buffers", _mib(buffers), "a quarter of memory up to 1 GB; beyond, the system's cache does as well"
        ),
        Setting("effective_cache_size", _mib(cache), "the planner's guess of what is cached"),
        Setting("work_mem", "16MB", "a sort of a page of records stays in memory; times 64 connections it is bounded"),
        Setting("maintenance_work_mem", _mib(maintenance), "index builds and vacuum, one at a time"),
        Setting("dynamic_shared_memory_type", segments, "containers often give /dev/shm only 64 MB; then files serve"),
        *_FIXED,
    )


def _between(value: int, *, low: int, high: int) -> int:
    return max(low, min(high, value))


def _mib(size: int) -> str:
    return f"{size // MIB}MB"
