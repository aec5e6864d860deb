"""Show what the loop sees, live in a terminal: bars, cues, the lamp, the broker."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Self

from rich.columns import Columns
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel as Frame
from rich.table import Table
from rich.text import Text

from cuelight.records import Cue, Reading, Signal
from cuelight.sense.records import EMOTIONS, UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import RenderableType

    from cuelight.sense.records import Expression
    from cuelight.sensing import Seen

_BAR: Final = 16  # characters
_KEPT: Final = 7  # lines of events on the screen


class LiveView:
    """A screen that is redrawn ten times a second by a thread of its own.

    `update` only notes what a frame gave, so that drawing never holds up the loop. `lamp` returns
    the lamp's level now (0 to 1), `camera_lamp` whether that one is lit; `notes` are lines to show
    below, `title` the line above.
    """

    def __init__(
        self,
        title: str,
        *,
        lamp: Callable[[], float],
        camera_lamp: Callable[[], bool],
        notes: Callable[[], Iterable[str]] = tuple,
        console: Console | None = None,
    ) -> None:
        self._title = title
        self._lamp = lamp
        self._camera_lamp = camera_lamp
        self._notes = notes
        self._seen: Seen | None = None
        self._start: float | None = None
        self._events: deque[Text] = deque(maxlen=_KEPT)
        self._live = Live(
            console=console, get_renderable=self.render, refresh_per_second=10, transient=True
        )

    def update(self, seen: Seen) -> None:
        """Note what one frame gave."""
        if self._start is None:
            self._start = seen.timestamp
        self._seen = seen
        for event in seen.events:
            if isinstance(event, Cue | Reading | Signal):
                self._events.append(_line(event, self._start))

    def close(self) -> None:
        """Take the screen down."""
        self._live.stop()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def render(self) -> RenderableType:
        """Draw the screen as it is now."""
        faces = self._seen.expressions if self._seen is not None else ()
        parts: list[RenderableType] = [Text(self._title, style="bold"), self._lamps()]
        parts += [_face(face) for face in faces] or [Text("nobody at the table", style="dim")]
        parts.append(Frame(Group(*self._events), title="cues, readings, signals", height=_KEPT + 2))
        if notes := list(self._notes()):
            parts.append(Frame("\n".join(notes), title="broker"))
        return Group(*parts)

    def _lamps(self) -> Text:
        level = self._lamp()
        text = Text("lamp ")
        text.append("●" * 3 if level > 0 else "○" * 3, style="bold green" if level > 0 else "dim")
        text.append("   camera lamp ")
        lit = self._camera_lamp()
        text.append("●" if lit else "○", style="bold red" if lit else "dim")
        return text


def _face(face: Expression) -> RenderableType:
    units = face.action_units.tolist()
    half = len(UNITS) // 2
    rows = list(zip(UNITS, units, strict=True))
    feelings = list(zip(EMOTIONS, face.emotions.tolist(), strict=True))
    head = f"head {face.head.yaw:+4.0f} {face.head.pitch:+4.0f} {face.head.roll:+4.0f} degrees"
    gaze = f"gaze {face.gaze.yaw:+4.0f} {face.gaze.pitch:+4.0f} degrees"
    tables = [_bars(rows[:half], "cyan"), _bars(rows[half:], "cyan"), _bars(feelings, "magenta")]
    return Frame(Columns(tables), title=f"face {face.track}   {head}   {gaze}")


def _bars(rows: Iterable[tuple[str, float]], colour: str) -> Table:
    table = Table.grid(padding=(0, 1))
    for name, value in rows:
        filled = round(value * _BAR)
        bar = Text("█" * filled, style=colour).append("·" * (_BAR - filled), style="dim")
        table.add_row(name, bar, f"{value:.2f}")
    return table


def _line(event: Cue | Reading | Signal, start: float) -> Text:
    match event:
        case Cue():
            when, what, style = event.onset, f"cue     {event.name}", "cyan"
            what += " (provisional)" if event.provisional else ""
        case Reading():
            when, what, style = event.timestamp, f"reading {event.name}", "yellow"
            what += f" {event.confidence:.2f}"
        case Signal():
            when, what, style = event.timestamp, f"SIGNAL  {event.name}", "bold green"
            what += f" for {event.reading}"
    return Text(f"{when - start:7.2f} s  {what}", style=style)
