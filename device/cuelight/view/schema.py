"""The tables of the managers' history; the same words serve SQLite and PostgreSQL.

`/* WITHOUT ROWID */` is read by SQLite only, which then keeps a table in the order of its key.
"""

from __future__ import annotations

from typing import Final

WHOLE_SITE: Final = ""
"""In place of a device's name in `sums`: the sum over all tables of the site."""

NOISED: Final = "/noised"
"""In place of a device's name in `sums`: what the site's tables released with noise. No device can
be named so; nothing that asks for the site's or a device's own sums ever meets these."""

VISITS: Final = "visits"
VISITS_WITH_PRICE: Final = "visits_with_price"
WITHHELD: Final = "withheld"
RESERVED: Final = (VISITS, VISITS_WITH_PRICE, WITHHELD)
"""Kept in `sums` beside the cells: what a window counts for itself. No cell may be named so."""

SLOW, PROMPT, DROPPED = 0, 1, 2
"""Kinds of `sums`: releases that gathered over several windows, releases that gathered within the
one window that released them, and gathers that were thrown away unreleased (of those only how many
and over how many visits)."""

# `windows` knows that a window came, never what it counted. Counts of one table are in `sums` only
# where its statement declares it shared; `visits_so_far` and `gathers` say how many visits passed
# since each cell was last released, which the rates need (view/rates.py); they leave as sums only.
# `sums_by_cell` holds all that a question about one cell reads, so that the page over all sites
# need not read the other cells of a year (docs/SCALE.md says what it costs).
TABLES: Final = """
CREATE TABLE IF NOT EXISTS windows (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    life BIGINT NOT NULL,
    first BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hour BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS windows_by_seq ON windows (site, device, life, seq);
CREATE INDEX IF NOT EXISTS windows_by_hour ON windows (site, device, hour);
CREATE TABLE IF NOT EXISTS sums (
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    hour BIGINT NOT NULL,
    cell TEXT NOT NULL,
    kind BIGINT NOT NULL,
    n BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    releases BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (site, device, hour, cell, kind)
)/* WITHOUT ROWID */;
CREATE INDEX IF NOT EXISTS sums_by_cell
    ON sums (cell, site, device, hour, kind, n, visits, releases, since);
CREATE TABLE IF NOT EXISTS devices (
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    availability TEXT,
    availability_at BIGINT,
    health TEXT,
    health_at BIGINT,
    statement TEXT,
    shared BIGINT NOT NULL DEFAULT 0,
    k BIGINT NOT NULL DEFAULT 0,
    floor BIGINT NOT NULL DEFAULT 0,
    visits_so_far BIGINT NOT NULL DEFAULT 0,
    priced_so_far BIGINT NOT NULL DEFAULT 0,
    life BIGINT NOT NULL DEFAULT 0,
    seq_next BIGINT NOT NULL DEFAULT 1,
    seq_top BIGINT NOT NULL DEFAULT 0,
    lost BIGINT NOT NULL DEFAULT 0,
    asked_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (site, device)
);
CREATE TABLE IF NOT EXISTS gathers (
    site TEXT NOT NULL,
    device TEXT NOT NULL,
    cell TEXT NOT NULL,
    since BIGINT NOT NULL,
    visits_then BIGINT NOT NULL,
    PRIMARY KEY (site, device, cell)
)/* WITHOUT ROWID */;
CREATE TABLE IF NOT EXISTS cell_names (cell TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS collectors (
    name TEXT PRIMARY KEY,
    connected BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    heard_at BIGINT,
    batches BIGINT NOT NULL
);
"""

AFTER_PRICE: Final = "after_price."
"""Names of cells that count only visits with a price mark begin so."""

EXPRESSIONS: Final = (
    "happiness",
    "surprise",
    "disgust",
    "anger",
    "fear",
    "sadness",
    "contempt",
)
"""Cells that devices count only where their settings say so."""
