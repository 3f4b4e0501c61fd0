"""What a film shows at a place of the position slider: a tile and the time, above the pointer.

The player bar and the stage each have one. It is a child of the window, not a window of its own, so that it stands
where it should on every desktop and on the whole screen.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.film_tiles import FilmMoments, FilmTiles
from app.ui.playback import Playback
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.times import clock

LARGEST = QSize(176, 132)
"""Of the tile, in px."""
_LINE = 18
"""Height of the time below it."""
_EDGE = Space.XS


class HoverPreview(QWidget):
    """Fulfils `sliders.Preview` for the film that plays. It never takes the pointer or the keys.

    While `over` shows, which stands above the slider, the preview stands above that.
    """

    def __init__(
        self, playback: Playback, tiles: FilmTiles, theme: Theme, parent: QWidget, *, over: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._over = over
        self._playback, self._tiles, self._theme = playback, tiles, theme
        self._film: FilmMoments | None = None
        self._number = 0
        self._seconds = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        tiles.loaded.connect(self._on_loaded)
        theme.changed.connect(self.update)
        playback.current_changed.connect(lambda _playable: self.put_away())

    @property
    def number(self) -> int:
        """The number of the moment that is shown."""
        return self._number

    @property
    def seconds(self) -> float:
        """The time that is shown."""
        return self._seconds

    def show_at(self, slider: QWidget, x: int, seconds: float) -> bool:
        """Show the scene that runs at `seconds`, above `x` px of the slider; False where no film with tiles plays."""
        film = self._tiles.moments(self._playback.current_item)
        if film is None or not film.picture:
            self.put_away()
            return False
        self._film, self._number, self._seconds = film, film.running(seconds), seconds
        window = slider.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self.setAccessibleName(self.tr("Preview at {time}").format(time=clock(seconds)))
        tile = film.fitted(LARGEST.width(), LARGEST.height())
        self.resize(tile.width() + 2 * _EDGE, tile.height() + _LINE + 2 * _EDGE)
        middle = slider.mapTo(window, QPoint(x, 0)).x()
        below = self._over if self._over is not None and self._over.isVisible() else slider
        left = min(max(middle - self.width() // 2, Space.S), window.width() - self.width() - Space.S)
        self.move(left, below.mapTo(window, QPoint(0, 0)).y() - self.height() - Space.S)
        self.show()
        self.raise_()
        self.update()
        return True

    def put_away(self) -> None:
        """Hide it: the pointer went elsewhere."""
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        film = self._film
        if film is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("hairline"), 1))
        painter.setBrush(self._theme.color("frame"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS + 2, RADIUS + 2)
        size = film.fitted(LARGEST.width(), LARGEST.height())
        place = QRect(QPoint(_EDGE, _EDGE), size)
        picture = self._tiles.tile(film.item, self._number, size, self.devicePixelRatioF())
        if picture is not None:
            painter.drawPixmap(place, picture)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(Qt.GlobalColor.black))
            painter.drawRoundedRect(place, RADIUS, RADIUS)
        painter.setPen(self._theme.color("text"))
        painter.setFont(self._theme.font(TextSize.SMALL, tabular=True))
        below = QRect(0, place.bottom() + 1, self.width(), _LINE + _EDGE)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, clock(self._seconds))

    def _on_loaded(self, picture: str) -> None:
        if self._film is not None and picture == self._film.picture:
            self.update()
