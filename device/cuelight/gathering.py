"""Open what gathers visits until they may be published: the gate, or fixed times and noise."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cuelight.errors import StoreError
from cuelight.tell.mechanism import DiscreteLaplace
from cuelight.tell.noised import NoisedGatherer
from cuelight.tell.release import Gatherer
from cuelight.tell.spending import SPENDING, SpendingFile, noise_rule
from cuelight.tell.spool import OPEN_SUMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from cuelight.settings import Settings
    from cuelight.statement_log import StatementLog
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)


def open_spending(settings: Settings, log: StatementLog, *, today: datetime) -> SpendingFile | None:
    """Open the privacy budget's account; None where settings want no noise.

    Where a statement in `log` told of noise before, an account that is gone counts as spent. Raises
    StoreError when it cannot be kept: then nothing may be published with noise.
    """
    rule = noise_rule(settings.privacy)
    if rule is None:
        return None
    path = settings.store_folder / SPENDING
    try:
        was_used = any(one.statement.get("epsilon") for one in log.stated())
        return SpendingFile(path, rule=rule, today=today, was_used=was_used)
    except OSError as error:
        raise StoreError(
            f"Cannot keep the privacy budget in {path}: {error}. Check the disk, or store.folder "
            "in device.toml."
        ) from error


def open_gatherer(
    settings: Settings,
    *,
    names: Iterable[str],
    start: datetime,
    spool: Spool,
    charge: Callable[[int], bool],
) -> Gatherer | NoisedGatherer:
    """Open the gatherer with what the spool kept of it; what does not fit is said and left out.

    Raises SettingsError where noise is wanted and OpenDP is missing.
    """
    gatherer: Gatherer | NoisedGatherer
    site, device = settings.site.name, settings.site.device
    rule = noise_rule(settings.privacy)
    if rule is None:
        gatherer = Gatherer(settings.release, site=site, device=device, start=start, names=names)
    else:
        gatherer = NoisedGatherer(
            settings.release,
            rule,
            site=site,
            device=device,
            start=start,
            names=names,
            mechanism=DiscreteLaplace(),
            charge=charge,
        )
    kept = spool.load(OPEN_SUMS)
    if kept is not None and (refused := gatherer.restore(kept)):
        _log.warning("open sums not taken over: %s", ", ".join(refused))
    return gatherer
