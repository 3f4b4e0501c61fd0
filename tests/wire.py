"""Counts what really goes over this machine's loopback, packet by packet: for tests that claim something did not."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

ALL_PROTOCOLS = 0x0003
OUTGOING = 4
IPV4 = b"\x08\x00"


class Wire:
    """Bytes of IPv4 packets by the address they come from. Needs Linux and the right to listen to raw packets."""

    def __init__(self) -> None:
        """Begin to count. Raises OSError or AttributeError where that is not possible."""
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        self._socket.bind(("lo", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self._socket.settimeout(0.2)
        self._sent: dict[str, int] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._count, name="wire", daemon=True)
        self._thread.start()

    def sent(self, host: str) -> int:
        """Bytes that left an address so far, headers included."""
        return self._sent.get(host, 0)

    def close(self) -> None:
        self._ending.set()
        self._thread.join(2.0)
        self._socket.close()

    def _count(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                packet, address = self._socket.recvfrom(128)
                # Each packet passes twice on the loopback: counted on its way out.
                if address[2] == OUTGOING and packet[12:14] == IPV4:
                    (length,) = struct.unpack(">H", packet[16:18])
                    host = socket.inet_ntoa(packet[26:30])
                    self._sent[host] = self._sent.get(host, 0) + (length or 65_536)
