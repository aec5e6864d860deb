"""Draw the customers page: what showed, how sure that is, and whether it differs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from nicegui import ui

from cuelight.view.board.charts import ROW_PIXELS, forest, over_days, over_hours
from cuelight.view.board.courses import LEAST_DAYS
from cuelight.view.board.frame import html, note
from cuelight.view.board.tables import (
    compared_table,
    course_table,
    figures_table,
    noised_table,
    sites_table,
)
from cuelight.view.difference import NOT_SHOWN
from cuelight.view.words import count, label, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.view.board.customers import Shown
    from cuelight.view.board.figures import Compared
    from cuelight.view.board.source import Source
    from cuelight.view.board.style import Palette

_HOW: Final = """\
A count is published once at least five visits are behind it, of which at least three showed it and
three did not. Until then it gathers, so what is published in a period may have begun before it;
after 28 days it is thrown away. What is withheld is too few to tell, which is not zero.

Counting until enough have shown it makes plain shares too high where a thing is rare. The estimate
allows for that, and for the visits that were never published; so it may differ from the two numbers
beside it. The true share lies within the interval in 95 of 100 cases, if tables and days are alike;
where they differ it is somewhat too narrow.

False alarms were measured on synthetic ten-minute visits that did not show the cue: a few each, so
their upper end is wide. How precise the devices are at real tables is unknown.

A device counts what moved in a face, not what a person felt or thought. Nothing here is about one
visit, one table or one rep."""


_WITH_NOISE: Final = (
    "Each release was changed at random by its device, and what came out below the limits was not "
    "published at all. So a small number may be noise alone, though nobody showed it, and shares "
    "made by dividing mean little."
)


class CustomersCards:
    """Draws one view, a card for each question."""

    def __init__(self, shown: Shown, source: Source, colours: Palette) -> None:
        self._shown = shown
        self._source = source
        self._colours = colours

    def draw(self) -> None:
        """Put everything into the part of the page that is open; says so where there is nothing."""
        shown, totals = self._shown, self._shown.picture.totals
        if self._source.notice:
            html(note(self._source.notice, "warning"))
        if shown.has_simulated:
            html(note("Some of these tables are simulated: figures here are made up.", "warning"))
        for site in totals.closed:
            html(
                note(
                    f"{site} has one table only, so its figures would be that table's: not shown"
                    " unless the table is declared shared between reps."
                )
            )
        for site in totals.noised:
            html(
                note(
                    f"Counts of {site} carry noise, so no share is estimated there, and it is left"
                    " out of everything below but the table of its numbers."
                )
            )
        if shown.noised:
            with _card("Numbers with noise", _WITH_NOISE):
                html(noised_table(shown.noised, "As they were published"))
        if not any(one.rate for one in shown.picture.figures) and totals.visits is None:
            if shown.noised:
                return
            html(
                note(
                    "Nothing was released in this period. Counts are published once at least"
                    " five visits are behind them; that can take days."
                )
            )
            return
        with _card("The week in a sentence"):
            html(f'<p class="summary">{escape(shown.summary)}</p>')
        self._tiles()
        self._overview()
        with ui.element("div").classes("two"):
            self._over_days()
            self._over_hours()
        self._after_price()
        self._before()
        self._by_site()
        self._export()

    def _tiles(self) -> None:
        picture, totals = self._shown.picture, self._shown.picture.totals
        withheld = '<span class="withheld">withheld</span>'
        tiles = {
            "visits released": withheld if totals.visits is None else number(totals.visits),
            "with a price mention": withheld
            if totals.visits_with_price is None
            else number(totals.visits_with_price),
            "tables": str(totals.tables),
            "cells withheld": f"{picture.withheld} of {len(picture.figures)}",
        }
        html(
            '<dl class="tiles">'
            + "".join(
                f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items()
            )
            + "</dl>"
        )

    def _overview(self) -> None:
        picture = self._shown.picture
        with _card(
            "How often it showed",
            "Of visits in which it was counted at least once. Orange: what false alarms alone are "
            "expected to count, measured on synthetic visits; how it is at your tables is unknown.",
        ):
            rows = [(label(one.cell), one) for one in picture.figures]
            _chart(
                forest(rows, self._colours, floors=True),
                ROW_PIXELS * len(rows) + 70,
                "Share of visits by reading and cue; the table below says the same",
            )
            with _behind("All figures as a table"):
                html(figures_table(picture.figures, "Share of visits that showed it"))

    def _over_days(self) -> None:
        shown = self._shown
        name = label(shown.choice.cell)
        with _card(
            f"{name}: over the days",
            "Each day's figure is from the seven days up to it. Grey: withheld, which is not zero.",
        ):
            _chart(over_days(shown.days, self._colours), 300, f"{name} over the days")
            with _behind("Days as a table"):
                html(course_table(shown.days, f"{name}, seven days up to each day", "Day"))

    def _over_hours(self) -> None:
        shown = self._shown
        hours, name = shown.hours, label(shown.choice.cell)
        gather = hours.gather_hours
        about = f"{gather:.0f} opening hours" if gather and gather >= 1.5 else "one opening hour"
        with _card(
            f"{name}: by hour of the day",
            f"From {count(hours.history_days, 'day')} of history, by the hour in which counts were "
            "released. They gather over the hours before, so neighbours look alike.",
        ):
            if hours.history_days < LEAST_DAYS:
                html(note(f"Hours of the day are shown from {LEAST_DAYS} days of history on."))
            elif gather is None or not hours.course.points:
                why = "." if gather is None else f": such counts gather over about {about}."
                html(note(f"Withheld{why} Which hour they belong to is not known."))
            else:
                _chart(over_hours(hours.course, self._colours), 300, f"{name} by hour")
                html(f'<p class="soft small">A release gathers over about {about}.</p>')
                with _behind("Hours as a table"):
                    html(course_table(hours.course, f"{name} by hour of the day", "Hour"))

    def _after_price(self) -> None:
        with _card(
            "After a price mention",
            "Within half a minute after the rep marked a price, against the whole of all visits. "
            "The whole visit has far more time, so only more after the price says something.",
        ):
            self._compare(
                self._shown.picture.after_price,
                "After a price mention against whole visits",
                ("After the price", "Whole visits"),
            )

    def _before(self) -> None:
        picture = self._shown.picture
        days = picture.period.days
        with _card(
            f"Against the {days} days before",
            "A difference is named only where neither chance nor false alarms explain it, all rows "
            "of the table taken together.",
        ):
            self._compare(
                picture.before,
                f"These {days} days against the {days} before",
                ("These days", "The days before"),
            )

    def _compare(self, pairs: Sequence[Compared], caption: str, sides: tuple[str, str]) -> None:
        """Show what differs, and the rest one click away."""
        told = [pair for pair in pairs if pair.difference.verdict in ("higher", "lower")]
        rest = [pair for pair in pairs if pair not in told]
        hidden = sum(pair.difference.verdict == "withheld" for pair in rest)
        if told:
            html(compared_table(told, caption, *sides))
        words = [
            f"{NOT_SHOWN} in {len(rest) - hidden}" if len(rest) > hidden else "",
            f"{hidden} withheld" if hidden else "",
        ]
        summary = "; ".join(word for word in words if word)
        if not told and not hidden:
            html(f'<p class="above">{NOT_SHOWN.capitalize()}.</p>')
        if rest:
            with _behind(f"{'The others' if told else 'All'}: {summary}"):
                html(compared_table(rest, caption, *sides))

    def _by_site(self) -> None:
        shown = self._shown
        if len(shown.by_site) < 2:
            return
        name = shown.choice.cell
        with _card(f"{label(name)}: by site", "By name; a place in a list is no judgement."):
            html(sites_table(shown.by_site.items(), f"{label(name)} by site"))

    def _export(self) -> None:
        query = escape(self._shown.choice.query)
        with _card("Take it along", "The same cells as above, this period and the one before."):
            html(
                f'<a class="button" href="/export.csv?{query}" download>CSV</a> '
                f'<a class="button" href="/export.parquet?{query}" download>Parquet</a>'
            )
            with _behind("How to read these figures"):
                html("".join(f"<p>{escape(words)}</p>" for words in _HOW.split("\n\n")))


def _card(title: str, words: str = "") -> ui.element:
    card = ui.element("section").classes("card").props(f'aria-label="{escape(title)}"')
    with card:
        html(f"<h2>{escape(title)}</h2>")
        if words:
            html(f'<p class="soft small">{escape(words)}</p>')
    return card


def _behind(title: str) -> ui.element:
    details = ui.element("details")
    with details:
        html(escape(title), tag="summary")
    return details


def _chart(options: dict[str, Any], height: int, told: str) -> None:
    with ui.element("div").props(f'role=img aria-label="{escape(told)}"').classes("chart"):
        ui.echart(options, renderer="svg").style(f"height:{height}px;width:100%")
