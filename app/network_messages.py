"""The messages to and from the network process: part of the closed list of `protocol.py`, kept apart for its size.

A peer is named by its public key, 64 hex digits; a file by its v2 root, 64 hex digits. Some events are meant for the
studio and some of the studio's are meant for the network process: whoever holds both children hands them on
(`FOR_STUDIO`, `FOR_NETWORK`) and need not look inside. What is meant to last stands in the databases; these messages
say that it is time to look there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.protocol import NO_REASON, Reason
from app.search_messages import FoundBy


class DownloadState(StrEnum):
    """Where a download stands. WAITING, RUNNING, PAUSED and CHECKING are under way, the others are over."""

    WAITING = "waiting"
    """For a peer that has it."""
    RUNNING = "running"
    PAUSED = "paused"
    CHECKING = "checking"
    """All bytes are here; it is decoded, encoded and compared with what was promised."""
    DONE = "done"
    REFUSED = "refused"
    """It is not what was promised, or not what a player plays; `reason` says it."""
    CANCELLED = "cancelled"
    FAILED = "failed"
    """Something here went wrong (a full disk); it can be tried again."""


class Reachable(StrEnum):
    """Whether others can begin to talk to this machine."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


# ------------------------------------------------------------------------------ to the network process


@dataclass(frozen=True, slots=True)
class NetworkSettingsChanged:
    """The settings file changed: read the network's part again."""


@dataclass(frozen=True, slots=True)
class AskNetworkState:
    """Ask how the network is."""

    request: int


@dataclass(frozen=True, slots=True)
class AskCard:
    """Ask for our own card as a text to hand to a friend."""

    request: int


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow a peer named by its card's text, its key (64 hex digits), or an address `host:port`."""

    request: int
    peer: str


@dataclass(frozen=True, slots=True)
class Unfollow:
    """Do not follow a peer any longer; what it offers stays as a stranger's would."""

    request: int
    peer: str


@dataclass(frozen=True, slots=True)
class Block:
    """Take everything of a peer away, at once, and hear nothing from it again."""

    request: int
    peer: str


@dataclass(frozen=True, slots=True)
class Unblock:
    """Let a peer be a stranger again."""

    request: int
    peer: str


@dataclass(frozen=True, slots=True)
class PublicationChanged:
    """What the user publishes (tables `publications`) changed: build and announce the catalogue again."""


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """Ask how many have some offers; found counts go to offers.db, then HealthChanged."""

    offers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Download:
    """Fetch the file of an offer (its id in offers.db). Answered by DownloadStarted."""

    request: int
    offer: int


@dataclass(frozen=True, slots=True)
class PauseDownload:
    """Let a download rest."""

    download: int


@dataclass(frozen=True, slots=True)
class ResumeDownload:
    """Go on with a paused download, or try a failed one again."""

    download: int


@dataclass(frozen=True, slots=True)
class CancelDownload:
    """Stop a download and delete what came of it."""

    download: int


@dataclass(frozen=True, slots=True)
class SeedDownload:
    """Give (or no longer give) a finished download to others."""

    download: int
    seed: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """Ask for an address on this machine from which a download plays while it arrives. Answered by StreamAt."""

    request: int
    download: int


# ------------------------------------------------------------------------------- from the network process


@dataclass(frozen=True, slots=True)
class NetworkReady:
    """The network process is up, as the peer `key`."""

    version: str
    pid: int
    key: str


@dataclass(frozen=True, slots=True)
class NetworkState:
    """How the network is; also the answer to AskNetworkState (`request` 0 when it comes unasked). Rates: bytes/s."""

    request: int
    dht_nodes: int
    peers: int
    """Overlay peers heard of lately."""
    reachable: Reachable
    catalogues: int
    published: int
    """Items in our own catalogue."""
    publishing: bool
    """A new catalogue is being made or waits to be."""
    download_rate: float
    upload_rate: float
    stranger_bytes_today: int
    problem: str = ""
    """What is wrong and what to do, in words; "" when nothing is."""


@dataclass(frozen=True, slots=True)
class CardText:
    """The answer to AskCard: what a friend pastes, scans or opens."""

    request: int
    text: str


@dataclass(frozen=True, slots=True)
class NetworkProgress:
    """How far a work of the network process is: `what` is "catalogue" (of `peer`), "hashing" or "publishing"."""

    what: str
    peer: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PeersChanged:
    """The peers table changed."""


@dataclass(frozen=True, slots=True)
class OffersChanged:
    """offers.db changed: catalogues came, were renewed or are gone. The studio makes its vectors agree and scores."""


@dataclass(frozen=True, slots=True)
class EvidenceChanged:
    """What followed peers tell of their taste changed (table `evidence`): the studio learns with it."""


@dataclass(frozen=True, slots=True)
class EvidenceWanted:
    """Time to see whether there is something new to tell of the user's taste, where the user has asked for that."""


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """Seeds and peers of some offers were counted anew."""

    offers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VectorsWanted:
    """The publisher wants the vectors of all Items in the table `published` in `folder`; the studio writes them."""

    folder: str


@dataclass(frozen=True, slots=True)
class DownloadStarted:
    """The answer to Download."""

    request: int
    download: int


@dataclass(frozen=True, slots=True)
class DownloadChanged:
    """How a download is. Bytes and bytes/s; `seconds_left` is -1 while unknown. `item`: the Item it became, else 0."""

    download: int
    state: DownloadState
    done: int
    size: int
    rate: float = 0.0
    seconds_left: float = -1.0
    peers: int = 0
    playable: bool = False
    """Enough is here to begin playing."""
    reason: str = ""
    item: int = 0
    uploaded: int = 0


@dataclass(frozen=True, slots=True)
class StreamAt:
    """The answer to Stream: an `http://127.0.0.1:port/token/name` address."""

    request: int
    url: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A download lies whole, its hash right, in quarantine at `path`; the studio compares it with `offer` (0: gone)."""

    download: int
    path: str
    offer: int


@dataclass(frozen=True, slots=True)
class DownloadKept:
    """A judged download lies in a folder of the library now; the studio takes it in."""

    download: int
    folder: str
    path: str


# ---------------------------------------------------------------------------- to and from the studio


@dataclass(frozen=True, slots=True)
class VectorsExported:
    """The studio's answer to VectorsWanted. `spaces` were written; see `models/int8.py` for the files."""

    folder: str
    spaces: tuple[str, ...]
    items: int


@dataclass(frozen=True, slots=True)
class OwnSpacesChanged:
    """The studio has vectors of other spaces to publish than before: build the catalogue again."""


@dataclass(frozen=True, slots=True)
class EvidenceTold:
    """The studio's answer to EvidenceWanted: so many messages stand in table `told_messages` now."""

    messages: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The studio's answer to Arrived.

    `playable`: it holds sound or pictures. `likeness`: the lowest cosine between what was promised and what was found
    in the shared spaces, -1 where nothing could be compared. `kind` is "track" or "video".
    """

    download: int
    playable: bool
    kind: str = ""
    likeness: float = -1.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The studio has made the Item of a kept download."""

    download: int
    item: int


@dataclass(frozen=True, slots=True)
class Discover:
    """Ask the studio for the offers the user would love. Filters left at their defaults filter nothing."""

    request: int
    count: int = 60
    kind: str = ""
    licence: str = ""
    """"" for any; "free" for those that may be shared (CC, public domain); else a word the licence must contain."""
    largest: int = 0
    """Bytes; 0 for any size."""
    followed_only: bool = False
    peer: str = ""
    search: str = ""
    blocked_words: tuple[str, ...] = ()
    with_owned: bool = False
    """Also what the user already has."""


@dataclass(frozen=True, slots=True)
class ExplainOffer:
    """Ask why an offer has the score it has; answered by `Explanation` with `item` = the offer's id."""

    request: int
    offer: int


@dataclass(frozen=True, slots=True)
class OfferPick:
    """A ranked Offer: `offer` is its id in offers.db; `owned` an Item of the user's that is nearly the same, else 0."""

    offer: int
    score: float
    deviation: float
    reason: Reason = NO_REASON
    owned: int = 0
    others: tuple[int, ...] = ()
    """The same file offered by other peers."""
    found_by: tuple[FoundBy, ...] = ()
    """Why the words that were searched for found it; none where none were."""


@dataclass(frozen=True, slots=True)
class OfferPicks:
    """The answer to Discover, best first; `total` offers passed the filters, `labels` the taste was learned from."""

    request: int
    picks: tuple[OfferPick, ...]
    total: int
    labels: int


@dataclass(frozen=True, slots=True)
class OfferScoresChanged:
    """The offers were scored anew."""

    offers: int
    seconds: float


NetworkRequest = (
    NetworkSettingsChanged
    | AskNetworkState
    | AskCard
    | Follow
    | Unfollow
    | Block
    | Unblock
    | PublicationChanged
    | CheckHealth
    | Download
    | PauseDownload
    | ResumeDownload
    | CancelDownload
    | SeedDownload
    | Stream
)
NetworkEvent = (
    NetworkReady
    | NetworkState
    | CardText
    | NetworkProgress
    | PeersChanged
    | OffersChanged
    | EvidenceChanged
    | EvidenceWanted
    | HealthChanged
    | VectorsWanted
    | DownloadStarted
    | DownloadChanged
    | StreamAt
    | Arrived
    | DownloadKept
)
StudioNetworkRequest = Discover | ExplainOffer
StudioNetworkEvent = (
    VectorsExported | EvidenceTold | OwnSpacesChanged | Judged | TakenIn | OfferPicks | OfferScoresChanged
)
NetworkMessage = NetworkRequest | NetworkEvent | StudioNetworkRequest | StudioNetworkEvent

FOR_STUDIO = OffersChanged | EvidenceChanged | EvidenceWanted | VectorsWanted | Arrived | DownloadKept
"""Events of the network process that are handed on to the studio (and, but for VectorsWanted, shown)."""
FOR_NETWORK = VectorsExported | EvidenceTold | OwnSpacesChanged | Judged | TakenIn
"""Events of the studio that are handed on to the network process."""
