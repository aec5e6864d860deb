"""The managers' page in a real browser, over a store with 90 days of nine simulated devices."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest

from browser import NEIGHBOURS, PASSWORD, LiveDashboard, chromium, fill, log_in
from cuelight.neighbours import Neighbour
from cuelight.view.board.figures import Period, picture_of
from cuelight.view.board.tables import says
from cuelight.view.history import History
from cuelight.view.words import label, percent

LONELY = Neighbour("oslo", "table-1", visits_an_hour=2.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "history.db"
    fill(path, (*NEIGHBOURS, LONELY))
    return path


@pytest.fixture(scope="module")
def live(store, tmp_path_factory):
    with LiveDashboard(
        store, tmp_path_factory.mktemp("page"), "--opening-hours", "always"
    ) as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def browser():
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser, live):
    """A page that is logged in; fails at the end if it complained or asked anybody else."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(120_000)
    one = context.new_page()
    trouble = []
    one.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    one.on("pageerror", lambda error: trouble.append(str(error)))
    one.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((live.address, "data:", "ws"))
            else trouble.append(asked.url)
        ),
    )
    log_in(one, live.address)
    yield one
    context.close()
    assert trouble == []


def open_customers(page, live, query=""):
    page.goto(f"{live.address}customers{query}")
    page.locator(".summary").wait_for()


def figures_shown(page):
    """Read the table of all figures as it is on the page: name -> its cells' texts."""
    table = page.locator("table", has_text="Share of visits that showed it")
    if not table.is_visible():
        page.get_by_text("All figures as a table").click()
    rows = {}
    for row in table.locator("tbody tr:not(.group)").all():
        name, *cells = [" ".join(text.split()) for text in row.locator("th,td").all_inner_texts()]
        rows[name] = cells
    return rows


def picture(store, *, sites=None, days=28):
    with History.open(str(store)) as history:
        return picture_of(history, Period.up_to(datetime.now(UTC), days), sites=sites)


def test_the_log_in_keeps_strangers_out(browser, live):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live.address}customers?site=lyon")
    assert "/login" in page.url
    assert page.get_by_role("heading", name="cuelight").is_visible()
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text() == "That is not the password."
    assert context.request.get(f"{live.address}export.csv", max_redirects=0).status == 303
    page.goto(f"{live.address}customers?site=lyon")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers?site=lyon")
    page.locator(".summary").wait_for()
    assert page.get_by_label("Site", exact=True).input_value() == "lyon"
    page.get_by_text("Log out").click()
    page.wait_for_url("**/login")
    page.goto(f"{live.address}customers")
    assert "/login" in page.url
    context.close()


def test_the_first_look_at_ninety_days_is_what_the_history_says(page, live, store):
    open_customers(page, live, "?days=90")
    shown = figures_shown(page)
    wanted = picture(store, days=90)
    assert len(shown) == len(wanted.figures) == 19
    for one in wanted.figures:
        share, *_, verdict = shown[label(one.cell)]
        if one.rate is None:
            assert share == "withheld"
        else:
            assert share.startswith(f"{' '.join(percent(one.rate.value).split())} from")
        assert verdict == says(one)
    tiles = page.locator(".tiles").inner_text()
    assert re.sub(r"\s", "", f"visits released {wanted.totals.visits}") in re.sub(r"\s", "", tiles)
    assert page.locator(".chart svg").count() >= 2
    assert "is simulated" in page.content() or "are simulated" in page.content()
    text = page.locator("body").inner_text()
    assert "table-" not in text, "no figures of a device, not even its name"


def test_a_site_with_a_single_table_shows_no_figures(page, live):
    open_customers(page, live)
    assert "oslo has one table only" in page.locator("body").inner_text()
    row = page.locator("tr", has_text="oslo")
    assert "not shown" in row.inner_text()
    assert "%" not in row.inner_text()
    page.goto(f"{live.address}customers?site=oslo")
    page.get_by_text("Nothing was released in this period.").wait_for()
    assert "%" not in page.locator("main").inner_text()
    text = page.request.get(f"{live.address}export.csv?site=oslo").text()
    assert {row["withheld"] for row in csv.DictReader(io.StringIO(text))} == {"true"}


def test_filters_change_what_is_shown_and_the_address(page, live, store):
    open_customers(page, live)
    before = figures_shown(page)
    page.get_by_label("Site", exact=True).select_option("porto")
    page.wait_for_url("**site=porto*")
    page.get_by_text("were counted at porto").wait_for()
    page.get_by_label("Period", exact=True).select_option("7")
    page.get_by_role("heading", name="Against the 7 days before").wait_for()
    page.get_by_label("In detail").select_option("nod")
    page.get_by_role("heading", name="Nodding: over the days").wait_for()
    after = figures_shown(page)
    assert after != before
    wanted = {label(one.cell): one for one in picture(store, sites=["porto"], days=7).figures}
    assert {n for n, one in wanted.items() if one.is_withheld} == {
        name for name, cells in after.items() if cells[0] == "withheld"
    }
    page.reload()
    page.get_by_role("heading", name="Nodding: over the days").wait_for()
    assert page.get_by_label("Site", exact=True).input_value() == "porto"
    assert figures_shown(page) == after


def test_a_withheld_cell_is_withheld_and_never_zero(page, live):
    open_customers(page, live, "?site=porto&days=7")
    shown = figures_shown(page)
    share, interval, _, verdict = shown[label("confused_stillness")]
    assert (share, interval, verdict) == ("withheld", "", "too few to release; not zero")
    assert not any(cells[0].startswith("0 %") for cells in shown.values())
    assert page.locator(".chart").first.locator("text=withheld").count() >= 1, "in the chart too"


def test_what_is_exported_is_what_is_shown(page, live):
    open_customers(page, live, "?site=porto&days=28")
    shown = figures_shown(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    file = waiting.value
    assert file.suggested_filename == "cuelight-porto-28-days.csv"
    rows = list(csv.DictReader(io.StringIO(file.path().read_text(encoding="utf-8"))))
    mine = [r for r in rows if (r["period"], r["after_price"]) == ("this", "false")]
    assert {label(row["cell"]) for row in mine} == set(shown)
    for row in mine:
        share = shown[label(row["cell"])][0]
        if row["withheld"] == "true":
            assert (share, row["n"], row["rate"]) == ("withheld", "", "")
        else:
            words = f"{' '.join(percent(float(row['rate'])).split())} from {row['n']} of"
            assert share.startswith(words)
    assert {row["period"] for row in rows} == {"this", "before"}
    assert not {"device", "table", "rep"} & set(rows[0])

    from pyarrow import parquet

    with page.expect_download() as waiting:
        page.get_by_role("link", name="Parquet").click()
    columns = parquet.read_table(waiting.value.path()).to_pylist()
    assert len(columns) == len(rows)
    for one, row in zip(columns, rows, strict=True):
        assert one["cell"] == row["cell"]
        assert (one["rate"] is None) == (row["rate"] == "")
        assert one["rate"] is None or one["rate"] == float(row["rate"])
        assert one["withheld"] == (row["withheld"] == "true")


def test_an_export_of_a_site_unknown_is_refused_in_words(page, live):
    answer = page.request.get(f"{live.address}export.csv?site=nowhere")
    assert answer.status == 400
    assert "'nowhere' is not known" in answer.text()


def test_a_phone_scrolls_down_and_never_sideways(browser, live):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    log_in(page, live.address)
    page.locator("table").wait_for()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    open_customers(page, live)
    page.get_by_text("All figures as a table").click()
    assert page.evaluate(wide) <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('main select, main button, main .button, nav a')]"
        ".filter(e => e.getBoundingClientRect().height < 40).map(e => e.outerHTML)"
    )
    assert small == [], "fingers need 40 pixels"
    context.close()


CONTRAST = """() => {
  const lum = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e)
    .backgroundColor; if (!c.endsWith(', 0)')) return c; } return 'rgb(255, 255, 255)'; };
  return [...document.querySelectorAll('main *, header *')].filter(e => [...e.childNodes]
    .some(n => n.nodeType === 3 && n.data.trim()) && e.offsetParent && !e.closest('svg'))
    .map(e => { const a = lum(getComputedStyle(e).color), b = lum(ground(e));
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)]; })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_can_be_read_and_a_choice_is_kept(browser, live, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    log_in(page, live.address)
    page.locator("table").wait_for()
    assert page.evaluate(CONTRAST) == []
    open_customers(page, live)
    assert page.evaluate(CONTRAST) == []
    dark = "window.cuelightIsDark()"
    assert page.evaluate(dark) is (scheme == "dark")
    axis = page.locator(".chart svg text").first
    colour = axis.get_attribute("fill")
    page.get_by_role("button", name="Dark or light").click()
    page.wait_for_function(
        "old => document.querySelector('.chart svg text')?.getAttribute('fill') !== old", arg=colour
    )
    page.goto(live.address)
    page.locator("table").wait_for()
    assert page.evaluate(dark) is (scheme != "dark")
    assert page.evaluate(CONTRAST) == []
    context.close()


def test_the_keyboard_alone_is_enough(page, live):
    open_customers(page, live)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    names = []
    for _ in range(9):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.name || document.activeElement.text"
                " || document.activeElement.textContent"
            )
        )
    assert names[:4] == ["Fleet", "Customers", "Dark or light", "Log out"]
    assert names[4:7] == ["site", "days", "cell"]
    page.get_by_label("Site", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.get_by_text("were counted at berlin").wait_for()
    assert page.evaluate("document.activeElement.name") == "site", "focus stays where it was"
    summary = page.locator("summary", has_text="All figures as a table")
    summary.focus()
    page.keyboard.press("Enter")
    page.locator("table", has_text="Share of visits that showed it").wait_for()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid", "one sees where one is"


def test_a_screen_reader_finds_its_way(page, live):
    open_customers(page, live)
    for role, name in (("banner", None), ("navigation", "Pages"), ("main", None)):
        assert page.get_by_role(role, name=name).count() == 1, role
    assert page.locator("h1").count() == 1
    assert page.get_by_role("link", name="Customers").get_attribute("aria-current") == "page"
    assert page.locator("html").get_attribute("lang") == "en-US"
    charts = page.locator(".chart")
    assert charts.count() >= 2
    for chart in charts.all():
        assert chart.get_attribute("role") == "img"
        assert chart.get_attribute("aria-label")
    for table in page.locator("table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("thead th:not([scope=col])").count() == 0
        assert table.locator("tbody th:not([scope])").count() == 0
    behind = page.locator("section", has=page.locator(".chart")).locator("details table")
    assert behind.count() >= charts.count(), "each chart has its table"
