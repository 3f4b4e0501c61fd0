"""Small internets of Linux network namespaces: routers that translate addresses, and slow links. Root only.

`Internet` makes a public network (203.0.113.0/24) of one bridge. `public` puts a host on it, `behind_router` a host in
a home network whose router translates addresses and drops what it did not expect, as home routers do. A slow link is a
pair of TAP devices that a thread carries packets between, late and not faster than a rate: the kernel's own netem is
often not there. `missing()` says why none of this can be done here.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import os
import select
import shutil
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field

_TUNSETIFF = 0x400454CA
_TAP, _NO_HEADER = 0x0002, 0x1000


def missing() -> str:
    """Return what is missing for network namespaces with address translation here; "" for nothing."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "needs root"
    for tool in ("ip", "nft", "unshare"):
        if shutil.which(tool) is None:
            return f"needs the tool {tool}"
    trial = (
        "ip link add va type veth peer name vb && ip link add br0 type bridge && nft add table ip nat && "
        "nft 'add chain ip nat post { type nat hook postrouting priority 100 ; }' && "
        "nft add rule ip nat post masquerade"
    )
    done = subprocess.run(["unshare", "-n", "sh", "-c", trial], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"the kernel does not let us: {done.stderr.strip()[:200]}"


@dataclass(frozen=True)
class Shape:
    """How a link is: seconds one way, bytes a second."""

    delay: float
    rate: float


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@dataclass
class Internet:
    """Made as a context manager; everything is gone afterwards."""

    shape: Shape | None = None
    _made: list[str] = field(default_factory=list)
    _links: list[SlowLink] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __enter__(self) -> Internet:
        self._public = self._namespace("pub")
        self._in(self._public, "ip", "link", "add", "br0", "type", "bridge")
        self._in(self._public, "ip", "link", "set", "br0", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for link in self._links:
            link.close()
        for name in reversed(self._made):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", name)

    def public(self, address: str) -> str:
        """Put a host at 203.0.113.x; returns its namespace."""
        host = self._namespace("host")
        self._plug(host, address)
        return host

    def behind_router(self, router_address: str, home: str, *, symmetric: bool = False) -> str:
        """Put a host at `home`.2 (a /24) behind a router; returns the host's namespace.

        A symmetric router takes another outside port for every destination.
        """
        router = self._namespace("rt")
        outside = self._plug(router, router_address)
        host = self._namespace("host")
        inside = f"h{next(self._numbers)}"
        _ip("link", "add", inside, "netns", router, "type", "veth", "peer", "name", "eth0", "netns", host)
        self._in(router, "ip", "address", "add", f"{home}.1/24", "dev", inside)
        self._in(router, "ip", "link", "set", inside, "up")
        self._in(host, "ip", "address", "add", f"{home}.2/24", "dev", "eth0")
        self._in(host, "ip", "link", "set", "eth0", "up")
        self._in(host, "ip", "route", "add", "default", "via", f"{home}.1")
        self._in(router, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        style = "masquerade fully-random" if symmetric else "masquerade"
        drop = f'iifname "{outside}" ct state new drop'
        rules = f"""
            table ip nat {{
              chain post {{
                type nat hook postrouting priority 100
                oifname "{outside}" {style}
              }}
            }}
            table ip wall {{
              chain input {{
                type filter hook input priority 0
                {drop}
              }}
              chain forward {{
                type filter hook forward priority 0
                {drop}
              }}
            }}
        """
        subprocess.run(
            ["ip", "netns", "exec", router, "nft", "-f", "-"], input=rules, text=True, check=True, capture_output=True
        )
        return host

    def _plug(self, namespace: str, address: str) -> str:
        """Connect a namespace to the public bridge; returns the name of its device."""
        number = next(self._numbers)
        near, far = f"w{number}", f"b{number}"
        if self.shape is None:
            _ip("link", "add", near, "netns", namespace, "type", "veth", "peer", "name", far, "netns", self._public)
        else:
            self._links.append(SlowLink(near, namespace, far, self._public, self.shape))
        self._in(self._public, "ip", "link", "set", far, "master", "br0")
        self._in(self._public, "ip", "link", "set", far, "up")
        self._in(namespace, "ip", "address", "add", f"{address}/24", "dev", near)
        self._in(namespace, "ip", "link", "set", near, "up")
        return near

    def _namespace(self, kind: str) -> str:
        name = f"bower{os.getpid()}{kind}{next(self._numbers)}"
        _ip("netns", "add", name)
        self._made.append(name)
        # Without IPv6 no address appears a second after its device, which makes libtorrent open its sockets anew.
        self._in(name, "sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1")
        self._in(name, "ip", "link", "set", "lo", "up")
        return name

    @staticmethod
    def _in(namespace: str, *words: str) -> None:
        subprocess.run(["ip", "netns", "exec", namespace, *words], check=True, capture_output=True, text=True)


class SlowLink:
    """Two TAP devices, each in a namespace, and the thread between them."""

    LONGEST_QUEUE = 256 * 1024  # bytes waiting for the rate; more are dropped, as by a router

    def __init__(self, one: str, one_in: str, other: str, other_in: str, shape: Shape) -> None:
        self._shape = shape
        self._ends = [self._tap(one, one_in), self._tap(other, other_in)]
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._carry, name="slow link", daemon=True)
        self._thread.start()

    @staticmethod
    def _tap(name: str, namespace: str) -> int:
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", name.encode(), _TAP | _NO_HEADER))
        _ip("link", "set", name, "netns", namespace)
        return end

    def _carry(self) -> None:
        numbers = itertools.count()
        on_the_way: list[tuple[float, int, int, bytes]] = []
        free_at = [0.0, 0.0]
        while True:
            now = time.monotonic()
            while on_the_way and on_the_way[0][0] <= now:
                _, _, to, frame = heapq.heappop(on_the_way)
                with contextlib.suppress(OSError):
                    os.write(self._ends[to], frame)
            wait = max(0.0, on_the_way[0][0] - now) if on_the_way else None
            ready, _, _ = select.select([*self._ends, self._stop_read], [], [], wait)
            if self._stop_read in ready:
                return
            now = time.monotonic()
            for index, end in enumerate(self._ends):
                if end not in ready:
                    continue
                with contextlib.suppress(OSError):
                    while frame := os.read(end, 4096):
                        start = max(now, free_at[index])
                        if (start - now) * self._shape.rate > self.LONGEST_QUEUE:
                            continue
                        free_at[index] = start + len(frame) / self._shape.rate
                        due = free_at[index] + self._shape.delay
                        heapq.heappush(on_the_way, (due, next(numbers), 1 - index, frame))

    def close(self) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join(5)
        for end in (*self._ends, self._stop_read, self._stop_write):
            os.close(end)
