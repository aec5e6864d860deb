"""The managers' page of a site whose counts carry noise, in a real browser."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from browser import LiveDashboard, chromium, fill, log_in
from cuelight.neighbours import RATES, Neighbour
from cuelight.privacy import statement
from cuelight.records import VisitTally
from cuelight.settings import PrivacySettings, ReleaseSettings, Settings
from cuelight.tell.mechanism import DiscreteLaplace
from cuelight.tell.noised import NoisedGatherer
from cuelight.tell.spending import MILLION, NoiseRule
from cuelight.tell.window import to_json
from cuelight.view.database import open_database
from cuelight.view.intake import Intake
from cuelight.view.news import read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules

RULE = NoiseRule(16 * MILLION, 7, 4)
PRIVACY = PrivacySettings(mode="notice", contact="ask@quiet.example", epsilon=16.0)


def said_by(device, now):
    """Give what a box with noise would have said over four weeks: its statement, its windows."""
    said = statement(replace(Settings(), privacy=PRIVACY), model_sha256="ab" * 32)
    yield "privacy", json.dumps(said)
    start = now - timedelta(days=28)
    gatherer = NoisedGatherer(
        ReleaseSettings(),
        RULE,
        site="quiet",
        device=device,
        start=start,
        names=RATES,
        mechanism=DiscreteLaplace(),
        charge=lambda _: True,
    )
    seq = 0
    for hour in range(1, 24 * 28):
        for _ in range(4):
            gatherer.add(VisitTally(frozenset({"interest"} if hour % 3 else ()), price=False))
        window = gatherer.close_window(start + timedelta(hours=hour))
        if window is not None:
            seq += 1
            yield "counts", to_json(replace(window, seq=seq))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    store = tmp_path_factory.mktemp("store") / "history.db"
    now = datetime.now(UTC)
    plain = [Neighbour("plain", f"table-{number}", visits_an_hour=3.0) for number in (1, 2)]
    fill(store, plain, days=30)
    base = open_database(str(store), schema=TABLES)
    news = [
        read_news(
            f"cuelight/quiet/{device}/{kind}",
            text.encode(),
            retained=False,
            now=int(now.timestamp()),
            rules=Rules(),
        )
        for device in ("table-1", "table-2")
        for kind, text in said_by(device, now)
    ]
    Intake(base).take(news, now=int(now.timestamp()))
    base.close()
    folder = tmp_path_factory.mktemp("page")
    with LiveDashboard(store, folder, "--opening-hours", "always") as dashboard:
        yield dashboard


@pytest.fixture
def page(live):
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(120_000)
        page = context.new_page()
        trouble = []
        page.on("console", lambda one: trouble.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        log_in(page, live.address)
        yield page
        if folder := os.environ.get("CUELIGHT_TEST_PICTURES"):
            page.screenshot(path=f"{folder}/noised.png", full_page=True)
        context.close()
        assert trouble == []


def test_a_site_with_noise_shows_its_numbers_and_no_share(page, live):
    page.goto(f"{live.address}customers?site=quiet")
    table = page.locator("table", has_text="As they were published")
    table.wait_for()
    assert page.get_by_text("Counts of quiet carry noise").is_visible()
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in table.locator("tbody tr").all()
    }
    count, among = (int(text.replace(",", "")) for text in rows["Interest"])
    hours = 2 * 24  # two tables, round the clock; the last week may not be over yet
    assert 4 * hours * 20 < among < 4 * hours * 29, "four visits an hour, and noise"
    assert abs(count - among * 2 / 3) < 300
    assert page.get_by_text("95 %").count() == 0, "no interval, since there is no rate"


def test_beside_others_it_is_left_out(page, live):
    page.goto(f"{live.address}customers")
    page.locator(".summary").wait_for()
    assert page.get_by_text("Counts of quiet carry noise").is_visible()
    tables = page.locator("dl.tiles div", has_text="tables").locator("dd").inner_text()
    assert tables == "2", "those of the plain site"


def test_the_fleet_page_lists_what_devices_promise(page, live):
    page.goto(live.address)
    promised = page.get_by_label("Privacy", exact=True)
    promised.wait_for()
    text = promised.inner_text()
    assert "quiet / table-1, quiet / table-2" in text
    assert "noise: epsilon 16 in 28 days" in text
    assert "customers ask ask@quiet.example" in text
    assert "no lab mode" in text
