"""One peer beside the list: who it is, what it brought, what its word is worth, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.store.peer_effects import PeerEffect
from app.store.peers import PeerRow
from app.trust import Rank, Standing
from app.ui.item_models.peers_model import peer_name
from app.ui.network_words import ago, amount, key_words, number
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button


class PeerDetail(QScrollArea):
    """Shows what it is given; the buttons ask the page."""

    follow_wanted = Signal()
    unfollow_wanted = Signal()
    block_wanted = Signal()
    unblock_wanted = Signal()
    offers_wanted = Signal()
    said = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._row: PeerRow | None = None
        self._shown: tuple[object, ...] = ()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(220)
        self.viewport().setAutoFillBackground(False)
        self._inside = inside = QWidget()
        inside.setAutoFillBackground(False)
        self.setWidget(inside)
        self._name = ElidedLabel("", inside)
        self._name.setFont(theme.font(TextSize.TITLE, bold=True))
        self._relation = self._label(inside, "muted")
        self._key = self._label(inside, "small")
        self._key.setFont(theme.font(TextSize.SMALL, tabular=True))
        self._key.setAccessibleName(self.tr("Its key"))
        copy = icon_button(theme, "copy", self.tr("Copy its key"), inside)
        copy.clicked.connect(self.copy_key)
        keys = QHBoxLayout()
        keys.setSpacing(Space.XS)
        keys.addWidget(self._key, 1)
        keys.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(Space.M)
        self._facts.setVerticalSpacing(Space.S)
        self._facts.setColumnStretch(1, 1)
        self._follow = self._button(self.tr("Follow"), self.follow_wanted)
        self._unfollow = self._button(self.tr("Do not follow any longer"), self.unfollow_wanted)
        self._offers = self._button(self.tr("Show what it offers"), self.offers_wanted)
        self._block = self._button(self.tr("Block…"), self.block_wanted)
        self._unblock = self._button(self.tr("Unblock"), self.unblock_wanted)
        column = QVBoxLayout(inside)
        column.setContentsMargins(Space.L, Space.S, Space.L, Space.L)
        column.setSpacing(Space.S)
        column.addWidget(self._name)
        column.addWidget(self._relation)
        column.addLayout(keys)
        column.addSpacing(Space.XS)
        column.addLayout(self._facts)
        column.addSpacing(Space.S)
        for button in (self._follow, self._offers, self._unfollow, self._unblock, self._block):
            column.addWidget(button)
        column.addStretch(1)

    @property
    def words(self) -> str:
        """All that is said of the peer, for tests and screen readers."""
        return "\n".join(label.text() for label in self._inside.findChildren(QLabel) if not label.isHidden())

    def show_peer(self, row: PeerRow, effect: PeerEffect) -> None:
        """Show another peer, or the same one anew."""
        self._row = row
        shown = (row, effect, ago(row.last_heard), ago(row.fetched_at), ago(row.first_met))
        if shown == self._shown:
            return
        self._shown = shown
        self._name.setText(peer_name(row))
        self._relation.setText(self._relation_words(row))
        self._key.setText(key_words(row.key.hex()))
        self._fill(row, effect)
        self._follow.setVisible(not row.followed and not row.blocked)
        self._unfollow.setVisible(row.followed)
        self._offers.setVisible(bool(effect.offers) and not row.blocked)
        self._block.setVisible(not row.blocked)
        self._unblock.setVisible(row.blocked)

    def copy_key(self) -> None:
        """Put the key on the clipboard: with it anybody can follow the peer."""
        if self._row is not None:
            QGuiApplication.clipboard().setText(self._row.key.hex())
            self.said.emit(self.tr("The key is on the clipboard"))

    # Inside

    def _fill(self, row: PeerRow, effect: PeerEffect) -> None:
        while (taken := self._facts.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if row.blocked:
            self._fact(self.tr("Blocked"), ago(row.first_met))
            self._fact(self.tr("Left of it"), self.tr("nothing but its key: no catalogue, offers, vectors or evidence"))
            return
        self._fact(self.tr("Heard of"), ago(row.last_heard))
        if row.followed_by:
            by = self.tr("1 peer you follow")
            if row.followed_by > 1:
                by = self.tr("{count} peers you follow").format(count=number(row.followed_by))
            self._fact(self.tr("Followed by"), by)
        self._fact(self.tr("Offers"), self._offer_words(row, effect))
        self._fact(self.tr("Downloads"), self._download_words(effect))
        self._fact(self.tr("Its word"), self._standing_words(row), danger=row.standing is Standing.BAD)
        self._fact(self.tr("Of its taste"), self._evidence_words(effect))

    def _relation_words(self, row: PeerRow) -> str:
        if row.blocked:
            return self.tr("You have blocked this peer.")
        match row.rank:
            case Rank.FOLLOWED:
                return self.tr("You follow this peer: its catalogue is fetched first and kept.")
            case Rank.FRIEND_OF_FRIEND:
                return self.tr("A peer you follow follows this one.")
            case _:
                return self.tr("Known from the network; a stranger to you.")

    def _offer_words(self, row: PeerRow, effect: PeerEffect) -> str:
        if not effect.offers:
            return self.tr("nothing that we have fetched")
        words = self.tr("{count} items of {size}").format(count=number(effect.offers), size=amount(effect.offered))
        if effect.videos:
            words = self.tr("{offers}, {videos} of them videos").format(offers=words, videos=number(effect.videos))
        fetched = self.tr("{size} of catalogue fetched {when}").format(size=amount(row.bytes), when=ago(row.fetched_at))
        return f"{words}; {fetched}"

    def _download_words(self, effect: PeerEffect) -> str:
        parts = []
        if effect.downloads:
            parts.append(
                self.tr("{count} kept, {size}").format(count=number(effect.downloads), size=amount(effect.downloaded))
            )
        if effect.running:
            parts.append(self.tr("{count} under way").format(count=number(effect.running)))
        if effect.refused:
            parts.append(self.tr("{count} refused").format(count=number(effect.refused)))
        return "; ".join(parts) or self.tr("none")

    def _standing_words(self, row: PeerRow) -> str:
        all_of_them = row.kept + row.broken
        kept = self.tr("kept in {kept} of {all} downloads").format(kept=number(row.kept), all=number(all_of_them))
        if row.forked:
            return self.tr("It signed two different cards with one number: it is not to be trusted.")
        match row.standing:
            case Standing.UNKNOWN:
                return self.tr("not tried: nothing was downloaded from it yet")
            case Standing.GOOD:
                return kept
            case Standing.DOUBTFUL:
                return self.tr("{kept}; the rest was not what it had promised").format(kept=kept)
            case Standing.BAD:
                return self.tr("{kept}; the rest was not what it had promised, so it is not to be trusted").format(
                    kept=kept
                )

    def _evidence_words(self, effect: PeerEffect) -> str:
        if not effect.evidence:
            return self.tr("nothing told; what it likes has no part in your recommendations")
        return self.tr("{count} messages").format(count=number(effect.evidence))

    def _fact(self, name: str, words: str, *, danger: bool = False) -> None:
        at = self._facts.rowCount()
        head = self._label(self._inside, "small")
        head.setText(name)
        head.setWordWrap(False)
        said = self._label(self._inside, "danger" if danger else "")
        said.setText(words)
        self._facts.addWidget(head, at, 0, Qt.AlignmentFlag.AlignTop)
        self._facts.addWidget(said, at, 1, Qt.AlignmentFlag.AlignTop)
        head.show()
        said.show()

    def _label(self, parent: QWidget, role: str) -> QLabel:
        label = QLabel(parent)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        if role:
            label.setProperty("role", role)
        return label

    def _button(self, words: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(words, self._inside)
        button.clicked.connect(lambda _checked=False: signal.emit())
        return button
