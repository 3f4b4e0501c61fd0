"""The messages between the window's process and the studio: one JSON object a line, typed on both sides.

Requests go to the studio, events come back. A closed list: an unknown type or a wrong field raises, on either
side. Every request that wants an answer carries `request`, a number of the sender's; its answer repeats it.
Long work is a job, named by a word (`scan`, `index`, `demo`); it reports `Progress` and ends with `JobEnded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.encoder_messages import EncoderRequest, EncodersChanged
from app.map_messages import MapEvent, MapRequest
from app.search_messages import SearchEvent, SearchRequest


class Job(StrEnum):
    """The long works of the studio. `Cancel`, `Pause` and `Resume` name one."""

    SCAN = "scan"
    INDEX = "index"
    DEMO = "demo"
    DUPLICATES = "duplicates"
    LEARNED = "learned"
    """Encoding with the learned encoders, beside everything else; `note` names the encoder."""
    ENCODER = "encoder"
    """Getting, installing, trying or removing a learned encoder. `note` is its name, `done` and `total` are bytes,
    `rate` bytes a minute; `total` is 0 while it is tried."""
    MAP = "map"
    """Arranging the map of the library. `done` says how far it is, as if it went Item by Item."""


class Trouble(StrEnum):
    """What kind of failure it was, for whoever says it in a language of its own, with a remedy."""

    OTHER = "other"
    """The words of the failure say it."""
    OFFLINE = "offline"
    """A place on the internet does not answer."""
    REFUSED = "refused"
    """It answers, and does not give what was asked for."""
    WRONG_FILE = "wrong_file"
    """A file is not the one it should be; nothing of it was used."""
    NO_ENCODER = "no_encoder"
    """What was given holds no encoder, or not all of one."""
    DISK_FULL = "disk_full"
    BUSY = "busy"
    """Another program does the same just now."""
    CANCELLED = "cancelled"
    """The user ended it."""


class Shelf(StrEnum):
    """The rows of the For You page, and the two lists made on the spot."""

    LOVE = "love"
    DIFFERENT = "different"
    FORGOTTEN = "forgotten"
    MORE = "more"
    SIMILAR = "similar"
    RADIO = "radio"


class RankedBy(StrEnum):
    """The ways to rank a library: the taste network, and what it is measured against."""

    TASTE = "taste"
    COSINE = "cosine"
    """Likeness to the mean of the likes."""
    NEIGHBOURS = "neighbours"
    """The ratings of the nearest rated Items."""
    RIDGE = "ridge"
    """A regularised linear regression."""
    GAUSSIAN = "gaussian"
    """A Gaussian process."""
    PERCEPTRON = "perceptron"
    """A plain multi-layer perceptron."""
    FOLLOWED = "followed"
    """What followed peers tell of their taste, and nothing of one's own."""


class ReasonKind(StrEnum):
    """Why a Pick was picked. `wording.py` has the sentence of each; `names` are what its Reason names."""

    NONE = "none"
    """Nothing to say."""
    BEGINNING = "beginning"
    """Nothing is rated yet: a spread over the library."""
    BECAUSE = "because"
    """The liked Items `names` speak for it."""
    ABSENT = "absent"
    """Liked Items speak for it, none of which is here now."""
    UNLIKE = "unlike"
    """It is unlike what was turned down."""
    UNKNOWN = "unknown"
    """Nothing speaks for it yet."""
    LIKED = "liked"
    DISLIKED = "disliked"
    FORGOTTEN_LIKE = "forgotten_like"
    """Liked, and not played for `days`."""
    FORGOTTEN_PLAY = "forgotten_play"
    """Played, but not for `days`."""
    UNPLAYED_LIKE = "unplayed_like"
    FOLLOWED = "followed"
    """Followed peers, `names`, speak for it."""
    NEAR = "near"
    """Close to `names`, the Item the shelf is about."""
    FURTHER = "further"
    """Far from most; of the likes nearest to `names`."""
    SOUNDS = "sounds"
    LOOKS = "looks"
    READS = "reads"
    """It sounds, looks or reads like the Item it was compared with."""


class Trait(StrEnum):
    """What the tags of a Pick share with the Items its Reason names."""

    NONE = "none"
    ARTIST = "artist"
    GENRE = "genre"


class PartKind(StrEnum):
    """What a summand of a score stands for.

    ITEM, MORE, PEER and REMAINDER sum to it; so do SPACE, TYPICAL, PEER and REMAINDER.
    """

    ITEM = "item"
    """One rated Item; `label` is its title, "" when it is gone."""
    MORE = "more"
    """`count` more rated Items."""
    SPACE = "space"
    """What was compared; `label` is the space, of a learned encoder "audio: NAME" or "image: NAME"."""
    TYPICAL = "typical"
    """What any Item gets that resembles nothing rated."""
    PEER = "peer"
    """What a followed peer tells of its taste; `label` is what the peer is called."""
    REMAINDER = "remainder"
    """What cannot be laid at a label's door."""


# ------------------------------------------------------------------------------------------- requests


@dataclass(frozen=True, slots=True)
class AddFolder:
    """Take a folder into the library and scan it."""

    request: int
    path: str


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    """Take a folder out of the library; its items stay as memories (feedback is kept), masked."""

    request: int
    path: str


@dataclass(frozen=True, slots=True)
class Scan:
    """Look through all folders (or one) for what is new, changed, moved or gone."""

    path: str = ""


@dataclass(frozen=True, slots=True)
class RetryFailures:
    """Forget the recorded failures and try those files again."""


@dataclass(frozen=True, slots=True)
class MakeDemo:
    """Synthesise the demo library where it is missing, and take it in."""

    request: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a job; what it has done stays."""

    job: Job


@dataclass(frozen=True, slots=True)
class Pause:
    """Let a job rest until `Resume`."""

    job: Job


@dataclass(frozen=True, slots=True)
class Resume:
    """Let a paused job go on."""

    job: Job


@dataclass(frozen=True, slots=True)
class FeedbackChanged:
    """Feedback was committed; learn from it soon (debounced by the studio)."""


@dataclass(frozen=True, slots=True)
class Recommend:
    """Ask for the For You shelves. `adventure` 0..1 steers how different "something different" is."""

    request: int
    shelves: tuple[Shelf, ...]
    count: int = 12
    adventure: float = 0.5
    kind: str = ""
    """"" for everything, else "track" or "video"."""
    ranked_by: RankedBy = RankedBy.TASTE


@dataclass(frozen=True, slots=True)
class FindSimilar:
    """Ask for what sounds or looks like one Item, regardless of taste."""

    request: int
    item: int
    count: int = 50


@dataclass(frozen=True, slots=True)
class ContinueRadio:
    """Ask how to play on: `recent` is what played last (newest last), `queued` what already waits."""

    request: int
    recent: tuple[int, ...]
    queued: tuple[int, ...]
    count: int = 5


@dataclass(frozen=True, slots=True)
class Explain:
    """Ask why an Item has the score it has."""

    request: int
    item: int


@dataclass(frozen=True, slots=True)
class CompareRankings:
    """Ask how well each way of ranking predicts the user's own ratings, left out in turn."""

    request: int


@dataclass(frozen=True, slots=True)
class FindDuplicates:
    """Look for pairs that are the same recording: identical vectors, or one Item in several files."""

    request: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Finish the transaction at hand and end."""


# --------------------------------------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Ready:
    """The studio is up; `healed` tells how many marks or vectors it had to mend."""

    version: str
    pid: int
    healed: int
    spaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. `rate` is items a minute; `seconds_left` is -1 while unknown."""

    job: Job
    done: int
    total: int
    rate: float
    seconds_left: float
    paused: bool = False
    failed: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job is over: `cancelled`, or done with `done` items of which `failed` could not be read."""

    job: Job
    done: int
    failed: int
    seconds: float
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ItemsChanged:
    """The items table changed; lists re-read it."""

    added: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """A folder was added, removed, or went on- or offline."""


@dataclass(frozen=True, slots=True)
class ScoresChanged:
    """A new ranking stands in scores.db. `accuracy`: held-out share of right pairs, -1 where unknown."""

    labels: int
    seconds: float
    accuracy: float = -1.0
    accuracy_low: float = -1.0
    accuracy_high: float = -1.0


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of a score. `item` is the Item it concerns, 0 for none."""

    kind: PartKind
    label: str
    amount: float
    item: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in codes and names, so that each side can say it in its own language. `days` is -1 where none counts."""

    kind: ReasonKind
    names: tuple[str, ...] = ()
    trait: Trait = Trait.NONE
    shared: str = ""
    """The artist or genre that `trait` says is shared."""
    days: int = -1


NO_REASON = Reason(ReasonKind.NONE)


@dataclass(frozen=True, slots=True)
class Pick:
    """A ranked Item. `score` and `deviation` are on the 0..1 scale that the window shows."""

    item: int
    score: float
    deviation: float
    reason: Reason = NO_REASON


@dataclass(frozen=True, slots=True)
class PickedShelf:
    """One row of For You, best pick first."""

    shelf: Shelf
    picks: tuple[Pick, ...]
    about: int = 0
    """The Item a "more like this" shelf starts from, 0 for none."""


@dataclass(frozen=True, slots=True)
class Picks:
    """The answer to Recommend, FindSimilar and ContinueRadio."""

    request: int
    shelves: tuple[PickedShelf, ...]
    labels: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to Explain: the parts sum to `total`; `score` is what the window shows."""

    request: int
    item: int
    score: float
    deviation: float
    total: float
    parts: tuple[Part, ...]
    reason: Reason


@dataclass(frozen=True, slots=True)
class RankingAccuracy:
    """Share of pairs in the right order by one way of ranking, with a 95 % range; -1 where unknown."""

    ranked_by: RankedBy
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RankingsCompared:
    """The answer to CompareRankings, best first; `pairs` of ratings were asked."""

    request: int
    accuracies: tuple[RankingAccuracy, ...]
    pairs: int


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two Items that sound the same, `likeness` in 0..1; or one Item (`first` is `second`) with all its `paths`."""

    first: int
    second: int
    likeness: float
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The answer to FindDuplicates."""

    request: int
    pairs: tuple[DuplicatePair, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a request that has no other."""

    request: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A request (or, with request 0, something in the background) failed: what, and what to do."""

    request: int
    title: str
    detail: str = ""
    path: str = ""
    trouble: Trouble = Trouble.OTHER


Request = (
    AddFolder
    | RemoveFolder
    | Scan
    | RetryFailures
    | MakeDemo
    | Cancel
    | Pause
    | Resume
    | FeedbackChanged
    | Recommend
    | FindSimilar
    | SearchRequest
    | EncoderRequest
    | MapRequest
    | ContinueRadio
    | Explain
    | FindDuplicates
    | CompareRankings
    | Shutdown
)
Event = (
    Ready
    | Progress
    | JobEnded
    | ItemsChanged
    | FoldersChanged
    | ScoresChanged
    | Picks
    | Explanation
    | Duplicates
    | RankingsCompared
    | SearchEvent
    | MapEvent
    | EncodersChanged
    | Done
    | Failed
)
