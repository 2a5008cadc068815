"""Take away from this process, for good, what it will not need: files outside a few places, TCP ports.

Landlock is a Linux security module that any process may use on itself (https://docs.kernel.org/userspace-api/landlock.html).
It holds for the calling thread and the threads and processes started after it, so call it before there are others.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Syscall numbers, the same on every architecture that Python runs on."""
VERSION_FLAG = 1
RULE_PATH_BENEATH, RULE_NET_PORT = 1, 2
PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""The rights that make sense on something other than a directory; the kernel refuses a rule with others."""
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
SCOPE_ABSTRACT_UNIX_SOCKET, SCOPE_SIGNAL = 1 << 0, 1 << 1


def abi() -> int:
    """The Landlock version of this kernel; 0 where there is none (another system, an old kernel, switched off)."""
    if sys.platform != "linux":
        return 0
    try:
        return _syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG))
    except OSError:
        return 0


def restrict(
    *, read: Iterable[Path], write: Iterable[Path], bind: Iterable[int] = (), connect: Iterable[int] = ()
) -> int:
    """Confine this thread and all it starts from now on; returns the kernel's ABI, 0 if nothing was done.

    Args:
        read: files and directories (with all below) to read and execute. What does not exist is left out.
        write: the same, with every right.
        bind: TCP ports to listen on (ABI 4 and later; before, the network stays open).
        connect: TCP ports to connect to, on any host.

    Raises:
        OSError: the kernel has Landlock but refused the rules; the process is not confined.
    """
    version = abi()
    if version < 1:
        return 0
    files = _file_rights(version)
    ports = BIND_TCP | CONNECT_TCP if version >= 4 else 0
    attributes = struct.pack("=Q", files)
    if version >= 4:
        attributes += struct.pack("=Q", ports)
    if version >= 6:
        attributes += struct.pack("=Q", SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL)

    ruleset = _syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in read:
            _allow_path(ruleset, path, READ & files)
        for path in write:
            _allow_path(ruleset, path, files)
        if ports:
            for right, numbers in ((BIND_TCP, bind), (CONNECT_TCP, connect)):
                for number in numbers:
                    _add_rule(ruleset, RULE_NET_PORT, struct.pack("=QQ", right, number))
        _no_new_privileges()
        _syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return version


def _file_rights(version: int) -> int:
    """Every file right that an ABI knows, which is what we take away before allowing some of it."""
    rights = (1 << 13) - 1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def _allow_path(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            rights &= ON_A_FILE
        _add_rule(ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, place))
    finally:
        os.close(place)


def _add_rule(ruleset: int, kind: int, rule: bytes) -> None:
    _syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(kind), rule, ctypes.c_uint32(0))


def _no_new_privileges() -> None:
    """Needed of a process without CAP_SYS_ADMIN: a set-uid program could otherwise be led astray by the rules."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(n) for n in (1, 0, 0, 0))) != 0:
        raise _last_error()


def _syscall(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result: int = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise _last_error()
    return result


def _last_error() -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code))
