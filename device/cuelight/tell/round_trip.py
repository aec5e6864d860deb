"""Send something to the broker and see whether it really comes back: what a PUBACK does not say."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cuelight.tell.access import Access
from cuelight.tell.call import ANSWER_SECONDS, Call
from cuelight.tell.link import Acked, Message
from cuelight.tell.topics import Topics

if TYPE_CHECKING:
    from cuelight.settings import MqttSettings

Counts = Literal["collected", "uncollected", "denied", "unknown"]
"""Whether windows get anywhere: somebody subscribes to them; nobody does; writing them is denied;
or unknown, since MQTT 3.1.1 never says, or there was no window to ask with."""

Version = Literal["5", "3.1.1", ""]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What became of it; `detail` says it in one line, `fix` what to do ("" when `ok`).

    `seconds` is how long the message was under way (None: it did not come back), `mqtt` the
    protocol ("" without a connection), `counts` whether windows get to a collector.
    """

    ok: bool
    detail: str
    fix: str
    seconds: float | None = None
    mqtt: Version = ""
    counts: Counts = "unknown"


def round_trip(
    settings: MqttSettings,
    *,
    site: str,
    device: str,
    window: str | None = None,
    mqtt5: bool = True,
    timeout_seconds: float = ANSWER_SECONDS,
) -> RoundTrip:
    """Publish a random word on `cuelight/<site>/<device>/echo` and wait until it comes back.

    A broker whose access list denies a topic acknowledges what is published there all the same (in
    MQTT 3.1.1 always; reading is denied in silence in MQTT 5 too), so only the word itself, come
    back, shows that the list is right. Uses the box's own name and password over a connection of
    its own (client id `cuelight-<site>-<device>-doctor`, no last will), so it may run beside the
    service. Not retained; nothing is left at the broker.

    `window` is the body of a window that the broker already acknowledged (`Spool.last_acked`), to
    ask with whether `counts` may be written: collectors deduplicate on its id. MQTT 5 is tried
    first, then 3.1.1; `mqtt5=False` tries 3.1.1 only. Blocks for at most about four times
    `timeout_seconds`. Never raises for what the broker does; raises SettingsError for names,
    password file or CA file of no use.
    """
    topics = Topics(site, device)
    access = Access.read(settings)
    with Call(
        settings,
        access,
        client_id=f"cuelight-{site}-{device}-doctor",
        mqtt5=mqtt5,
        timeout_seconds=timeout_seconds,
    ) as call:
        found = _Trip(settings, topics, call, mqtt5=mqtt5).go(window)
    if mqtt5 and call.other_protocol:
        return round_trip(
            settings,
            site=site,
            device=device,
            window=window,
            mqtt5=False,
            timeout_seconds=timeout_seconds,
        )
    return found


class _Trip:
    """One connection, one word out and back."""

    def __init__(
        self,
        settings: MqttSettings,
        topics: Topics,
        call: Call,
        *,
        mqtt5: bool,
    ) -> None:
        self._settings = settings
        self._call = call
        self._topics = topics
        self._mqtt5 = mqtt5
        self._who = f"user {settings.username!r}" if settings.username else "a nameless user"

    def go(self, window: str | None) -> RoundTrip:
        problem = self._call.connect()
        if problem is not None:
            return RoundTrip(ok=False, detail=problem.reason, fix=problem.advice)
        refusal = self._call.subscribe(self._topics.echo)
        if refusal is not None:
            return self._denied(f"reading {self._topics.echo} is denied ({refusal})")
        word = secrets.token_hex(8)
        start = time.monotonic()
        seconds, refusal = self._send_and_hear(self._topics.echo, word)
        if refusal is not None:
            return self._denied(f"writing {self._topics.echo} is denied ({refusal})")
        if seconds is None:
            waited = time.monotonic() - start
            return self._denied(
                f"a message to {self._topics.echo} was sent and did not come back in {waited:.0f} s"
            )
        counts = self._ask_counts(window)
        return self._arrived(seconds, counts)

    def _arrived(self, seconds: float, counts: Counts) -> RoundTrip:
        version: Version = "5" if self._mqtt5 else "3.1.1"
        where = f"{self._settings.host}:{self._settings.port}, MQTT {version}"
        text = f"a message went to {where} and back in {1000.0 * seconds:.1f} ms"
        fix = ""
        if counts == "denied":
            text += f", but windows are turned down: writing {self._topics.counts} is denied"
            fix = f"Let {self._who} write {self._topics.counts} in the broker's access list."
        elif counts == "uncollected":
            text += f", but nobody subscribes to {self._topics.counts}"
            fix = (
                "Start the collector (with a persistent session). Released windows stay on this "
                "box for release.keep_days; it can ask for them with resend_from."
            )
        return RoundTrip(
            ok=not fix, detail=text, fix=fix, seconds=seconds, mqtt=version, counts=counts
        )

    def _send_and_hear(self, topic: str, payload: str) -> tuple[float | None, str | None]:
        """Publish and wait until it comes back: how long that took, or why it was turned down."""
        start, end = time.monotonic(), self._call.deadline()
        mid = self._call.link.publish(topic, payload, qos=1, retain=False)
        while (event := self._call.next(end)) is not None:
            match event:
                case Message(topic=came, payload=back) if (came, back) == (topic, payload.encode()):
                    return time.monotonic() - start, None
                case Acked(acked, refusal=str(refusal)) if acked == mid:
                    return None, refusal
                case _:
                    pass
        return None, None

    def _ask_counts(self, window: str | None) -> Counts:
        if window is None or not self._mqtt5:
            return "unknown"
        mid = self._call.link.publish(self._topics.counts, window, qos=1, retain=False)
        end = self._call.deadline()
        while (event := self._call.next(end)) is not None:
            match event:
                case Acked(acked, refusal, nobody_listens) if acked == mid:
                    if refusal is not None:
                        return "denied"
                    # a broker may keep to itself whether anybody listens; mosquitto tells
                    return "uncollected" if nobody_listens else "collected"
                case _:
                    pass
        return "unknown"

    def _denied(self, what: str) -> RoundTrip:
        return RoundTrip(
            ok=False,
            detail=f"{what}: the broker's access list is wrong, and windows may be lost in silence",
            fix=f"Let {self._who} write and read {self._topics.echo} and write "
            f"{self._topics.counts} in the broker's access list (scripts/provision-broker does).",
            mqtt="5" if self._mqtt5 else "3.1.1",
        )
