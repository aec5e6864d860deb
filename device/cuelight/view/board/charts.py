"""Draw figures as ECharts options: the estimate, its interval, and the floor under it.

Options are plain data, without any script; text that a chart shows is written here.
"""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from cuelight.view.board.tables import floor_words
from cuelight.view.words import between, label, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.view.board.courses import Course
    from cuelight.view.board.figures import Figure
    from cuelight.view.board.style import Palette

Options = dict[str, Any]

ROW_PIXELS: Final = 30
_FONT: Final = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"


def forest(rows: Sequence[tuple[str, Figure]], colours: Palette, *, floors: bool) -> Options:
    """Draw a rate a row, by name: interval as a bar, estimate as a dot, the floor as a tick."""
    names = [name for name, _ in rows]
    known = [(name, one, one.rate) for name, one in rows if one.rate is not None]
    dots = [_dot(rate.value, name, _told(name, one)) for name, one, rate in known]
    series: list[Options] = [
        _bar("", [100.0 * one.rate.low if one.rate else 0.0 for _, one in rows], "transparent"),
        _bar(
            "95 % interval",
            [100.0 * (one.rate.high - one.rate.low) if one.rate else 0.0 for _, one in rows],
            colours.accent_soft,
        ),
        _scatter("estimate", dots, colours.accent, "circle", [10, 10]),
    ]
    if floors:
        shown = [(name, one) for name, one in rows if one.rate is not None]
        series.append(_floors(shown, colours))
    hidden = [_dot(0.0, name, f"{name}: withheld") for name, one in rows if one.rate is None]
    series.append(_withheld(hidden, colours))
    return {
        **_base(colours),
        "grid": {"left": 4, "right": 28, "top": 34, "bottom": 4, "containLabel": True},
        "legend": _legend(colours, [one["name"] for one in series if one["name"]]),
        "xAxis": {**_percent_axis(colours), "max": _most(rows, floors=floors), "interval": 20},
        "yAxis": {
            **_category_axis(names, colours),
            "inverse": True,
            "axisLabel": {"color": colours.text, "width": 150, "overflow": "truncate"},
        },
        "series": series,
    }


def over_days(course: Course, colours: Palette) -> Options:
    """Draw a rate over days with its interval as a band; where it is withheld the line breaks."""
    days = [_day(at) for at, _ in course.points]
    rates = [one.rate for _, one in course.points]
    floor = course.points[0][1].floor if course.points else None
    line = _line("estimate, from the seven days up to it", colours)
    line["data"] = [
        {"value": round(100.0 * rate.value, 3), "name": f"{day}: {_told(label(course.cell), one)}"}
        if rate
        else "-"
        for day, (_, one), rate in zip(days, course.points, rates, strict=True)
    ]
    line["markArea"] = {
        "silent": True,
        "itemStyle": {"color": colours.line, "opacity": 0.55},
        "label": {"color": colours.soft, "position": "inside", "fontFamily": _FONT},
        "data": [
            [{"xAxis": first, "name": "withheld"}, {"xAxis": last}]
            for first, last in _gaps(days, [rate is None for rate in rates])
        ],
    }
    if floor:
        line["markLine"] = _floor_line(floor.value, colours)
    band = {"type": "line", "stack": "band", "symbol": "none", "silent": True}
    none = {"opacity": 0.0}
    low = {
        **band,
        "name": "",
        "lineStyle": none,
        "data": [100.0 * r.low if r else "-" for r in rates],
    }
    high = {
        **band,
        "name": "95 % interval",
        "lineStyle": none,
        "itemStyle": {"color": colours.accent_soft},
        "areaStyle": {"color": colours.accent_soft, "opacity": 0.75},
        "data": [100.0 * (r.high - r.low) if r else "-" for r in rates],
    }
    return {
        **_base(colours),
        "grid": {"left": 4, "right": 20, "top": 42, "bottom": 4, "containLabel": True},
        "legend": _legend(colours, [str(line["name"]), "95 % interval"]),
        "xAxis": _category_axis(days, colours),
        "yAxis": _percent_axis(colours),
        "series": [low, high, line],
    }


def over_hours(course: Course, colours: Palette) -> Options:
    """Draw a rate by hour of the day, each hour with its interval."""
    turned = forest(list(course.points), colours, floors=False)
    for one in turned["series"]:
        if one["type"] == "scatter":
            for dot in one["data"]:
                dot["value"].reverse()
    across, up = turned["yAxis"], turned["xAxis"]
    across.pop("inverse")
    across["axisLabel"] = {"color": colours.soft}
    return {**turned, "xAxis": across, "yAxis": up}


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%b}"


def _told(name: str, one: Figure) -> str:
    if one.rate is None:
        return f"{name}: withheld"
    return f"{name}: about {percent(one.rate.value)} ({between(one.rate)})"


def _dot(value: float, row: str, told: str) -> Options:
    return {"value": [round(100.0 * value, 3), row], "name": told}


def _bar(name: str, widths: Sequence[float], colour: str) -> Options:
    return {
        "name": name,
        "type": "bar",
        "stack": "interval",
        "barWidth": 9,
        "silent": True,
        "itemStyle": {"color": colour, "borderRadius": 4},
        "data": [round(width, 3) for width in widths],
    }


def _scatter(
    name: str, dots: Sequence[Options], colour: str, symbol: str, size: Sequence[int]
) -> Options:
    return {
        "name": name,
        "type": "scatter",
        "symbol": symbol,
        "symbolSize": size,
        "itemStyle": {"color": colour, "opacity": 1.0},
        "z": 3,
        "data": list(dots),
    }


def _floors(rows: Sequence[tuple[str, Figure]], colours: Palette) -> Options:
    """Mark what false alarms alone are expected to count, and draw a line up to its upper end."""
    ticks = [
        _dot(one.floor.value, name, f"{name}: false alarms {floor_words(one.floor)}")
        for name, one in rows
    ]
    name = "false alarms expected, and up to"
    return {
        **_scatter(name, ticks, colours.floor, "rect", [3, 18]),
        "z": 2,
        "markLine": {
            "silent": True,
            "symbol": "none",
            "z": 1,
            "label": {"show": False},
            "lineStyle": {"color": colours.floor_soft, "type": "solid", "width": 3},
            "data": [
                [
                    {"coord": [100.0 * one.floor.value, name]},
                    {"coord": [100.0 * one.floor.high, name]},
                ]
                for name, one in rows
            ],
        },
    }


def _most(rows: Sequence[tuple[str, Figure]], *, floors: bool) -> float:
    """Give where the axis ends, a multiple of 20 %."""
    ends = [one.rate.high for _, one in rows if one.rate is not None]
    ends += [one.floor.high for _, one in rows if one.rate is not None] if floors else []
    return min(100.0, 20.0 * ceil(5.0 * max(ends, default=0.2)))


def _withheld(dots: Sequence[Options], colours: Palette) -> Options:
    return {
        "name": "",
        "type": "scatter",
        "symbolSize": 1,
        "itemStyle": {"color": "transparent"},
        "label": {
            "show": True,
            "formatter": "withheld",
            "position": "right",
            "distance": 10,
            "color": colours.soft,
            "fontStyle": "italic",
            "fontFamily": _FONT,
        },
        "data": list(dots),
    }


def _line(name: str, colours: Palette) -> Options:
    return {
        "name": name,
        "type": "line",
        "symbol": "circle",
        "symbolSize": 5,
        "showSymbol": True,
        "lineStyle": {"color": colours.accent, "width": 2.5},
        "itemStyle": {"color": colours.accent},
        "z": 3,
    }


def _floor_line(value: float, colours: Palette) -> Options:
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": colours.floor, "type": "dashed", "width": 1.5},
        "label": {
            "formatter": "false alarms expected",
            "position": "insideEndTop",
            "color": colours.floor,
            "fontFamily": _FONT,
        },
        "data": [{"yAxis": 100.0 * value}],
    }


def _gaps(days: Sequence[str], is_hidden: Sequence[bool]) -> list[tuple[str, str]]:
    """Give first and last day of every run of withheld days."""
    gaps: list[tuple[str, str]] = []
    for day, hidden, before in zip(days, is_hidden, [False, *is_hidden], strict=False):
        if hidden and before:
            gaps[-1] = (gaps[-1][0], day)
        elif hidden:
            gaps.append((day, day))
    return gaps


def _base(colours: Palette) -> Options:
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": _FONT, "color": colours.text},
        "tooltip": {
            "trigger": "item",
            "formatter": "{b}",
            "confine": True,
            "backgroundColor": colours.card,
            "borderColor": colours.line,
            "textStyle": {"color": colours.text, "fontFamily": _FONT},
        },
    }


def _legend(colours: Palette, names: Sequence[str]) -> Options:
    return {
        "data": list(names),
        "top": 0,
        "left": 0,
        "itemWidth": 14,
        "itemHeight": 9,
        "selectedMode": False,
        "textStyle": {"color": colours.soft, "fontFamily": _FONT},
    }


def _percent_axis(colours: Palette) -> Options:
    return {
        "type": "value",
        "min": 0,
        "axisLabel": {"color": colours.soft, "formatter": _PERCENT, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": colours.line}},
        "splitNumber": 4,
    }


def _category_axis(names: Sequence[str], colours: Palette) -> Options:
    return {
        "type": "category",
        "data": list(names),
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": colours.line}},
        "axisLabel": {"color": colours.soft},
    }


_PERCENT: Final = "{value} %"
