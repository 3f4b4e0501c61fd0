"""What the network's figures mean, in words: how it is, how big something is, when a peer was heard of last.

Used by the peers page, the settings, and whoever shows the network; pure but for the translator.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale

from app.network_messages import NetworkState, Reachable
from app.ui.widgets.times import about

HEARD_NOW = 90.0
"""Seconds; a peer heard of within them is there now."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the network is: one line, what more there is to say, and whether something is wrong."""

    line: str
    more: tuple[str, ...] = ()
    trouble: bool = False


def health(on: bool, state: NetworkState | None) -> Health:
    """Say how the network is; `state` is None while the process has told nothing yet."""
    translate = QCoreApplication.translate
    if not on:
        return Health(translate("Network", "The network is off: Bowerbird sends nothing and fetches nothing."))
    if state is None:
        return Health(translate("Network", "The network is starting…"))
    more = (_reach(state.reachable), _published(state), _rates(state))
    shown = tuple(words for words in more if words)
    return Health(state.problem or _touch(state), shown, bool(state.problem))


def amount(size: int) -> str:
    """A size in the unit that says it: "862 bytes", "4.1 MB"."""
    return QLocale().formattedDataSize(max(size, 0), 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def number(count: int) -> str:
    """A count as the user's language writes it."""
    return QLocale().toString(count)


def items_words(count: int) -> str:
    """A count of Items: "1 item", "1,204 items"."""
    translate = QCoreApplication.translate
    if count == 1:
        return translate("Network", "1 item")
    return translate("Network", "{count} items").format(count=number(count))


def ago(when: float, now: float | None = None) -> str:
    """How long ago a Unix time is: "now", "12 min ago"; "never" for 0."""
    translate = QCoreApplication.translate
    if when <= 0:
        return translate("Network", "never")
    seconds = (time.time() if now is None else now) - when
    if seconds < HEARD_NOW:
        return translate("Network", "now")
    return translate("Network", "{time} ago").format(time=about(seconds))


def key_words(key: str) -> str:
    """A key (64 hex digits) in groups of eight, so that two can be compared by eye."""
    return " ".join(key[at : at + 8] for at in range(0, len(key), 8))


def _touch(state: NetworkState) -> str:
    translate = QCoreApplication.translate
    if not state.dht_nodes and not state.peers:
        return translate("Network", "Looking for a first contact…")
    if not state.peers:
        return translate(
            "Network", "In touch with the public directory ({nodes} nodes); no other Bowerbird heard of yet."
        ).format(nodes=number(state.dht_nodes))
    words = (
        translate("Network", "In touch: 1 peer heard of lately, {nodes} nodes of the public directory.")
        if state.peers == 1
        else translate("Network", "In touch: {peers} peers heard of lately, {nodes} nodes of the public directory.")
    )
    return words.format(peers=number(state.peers), nodes=number(state.dht_nodes))


def _reach(reachable: Reachable) -> str:
    translate = QCoreApplication.translate
    match reachable:
        case Reachable.YES:
            return translate("Network", "Others can reach this machine.")
        case Reachable.NO:
            return translate(
                "Network",
                "Others cannot begin to talk to this machine: a router or firewall stands between. "
                "It reaches out itself, and what is rare may take longer.",
            )
        case _:
            return translate("Network", "Whether others can reach this machine is not known yet.")


def _published(state: NetworkState) -> str:
    translate = QCoreApplication.translate
    if state.publishing:
        return translate("Network", "Your catalogue is being made.")
    if not state.published:
        return translate("Network", "You publish nothing.")
    if state.published == 1:
        return translate("Network", "You publish 1 item.")
    return translate("Network", "You publish {count} items.").format(count=number(state.published))


def _rates(state: NetworkState) -> str:
    if state.download_rate < 1 and state.upload_rate < 1:
        return ""
    words = QCoreApplication.translate("Network", "{down}/s in, {up}/s out.")
    return words.format(down=amount(round(state.download_rate)), up=amount(round(state.upload_rate)))
