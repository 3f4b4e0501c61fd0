"""What a decode child may not do: use much memory or time, reach the network, start programs.

Called first thing by `decode_child.py`, before any foreign byte is read. Each step is the system's own
where it has one; what a system lacks is left out. The child's parent ends it on the clock in any case, on
every system.
"""

from __future__ import annotations

import ctypes
import os
import sys

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000

_REFUSED = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
    "socket.gethostbyname", "urllib.Request", "subprocess.Popen", "os.exec", "os.fork", "os.forkpty",
    "os.posix_spawn", "os.spawn", "os.system", "os.startfile",
)  # fmt: skip


def leave_network() -> bool:
    """Move into an empty network of our own (Linux). Call before threads exist. False where not permitted."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        # As root the plain network namespace suffices and keeps root's rights over files; a plain user
        # needs a user namespace around it, which some systems forbid.
        return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))
    except (OSError, AttributeError):
        return False


def refuse_calls() -> None:
    """Refuse network and programs inside Python itself, on every system. Cannot be undone."""

    def guard(event: str, _arguments: tuple[object, ...]) -> None:
        if event in _REFUSED:
            raise PermissionError(f"a decode child may not do this: {event}")

    sys.addaudithook(guard)


def be_nice() -> bool:
    """Give way to the player and the window."""
    if sys.platform == "win32":
        below_normal = 0x4000
        kernel = ctypes.windll.kernel32
        return bool(kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal))
    try:
        os.nice(max(0, 10 - os.nice(0)))
    except OSError:
        return False
    return True


def limit_memory(more: int) -> bool:
    """Allow `more` bytes of address space beyond what is mapped now. Call when the libraries are loaded."""
    if not sys.platform.startswith("linux"):
        return False  # macOS ignores the limit; Windows has none of its kind
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a kernel's file, not a path of ours
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + more, mapped + more))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no copy of somebody's file behind
    return True


def limit_processor(seconds: float) -> None:
    """Allow this many more seconds of processor time, counted from now; then the system ends the process."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
