"""Clear what the broker keeps of this box, so that nobody sees a device that is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuelight.tell.access import Access
from cuelight.tell.call import ANSWER_SECONDS, Call
from cuelight.tell.link import Acked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.settings import MqttSettings
    from cuelight.tell.broker_state import BrokerState
    from cuelight.tell.topics import Topics


@dataclass(frozen=True, slots=True)
class Farewell:
    """What became of it: the topics that the broker took as cleared, and those it did not.

    `refused` gives a reason for each; `problem` is why the broker could not be spoken to at all.
    """

    cleared: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    problem: BrokerState | None = None


def kept_topics(topics: Topics) -> tuple[str, ...]:
    """Return the topics of a box that a broker retains, what announces it first."""
    return (topics.discovery, topics.availability, topics.health, topics.privacy)


def say_farewell(
    settings: MqttSettings,
    topics: Topics,
    *,
    clear: Sequence[str],
    timeout_seconds: float = ANSWER_SECONDS,
) -> Farewell:
    """Publish an empty retained message on each topic of `clear`, and wait for the PUBACKs.

    The box must have left: its own connection would say everything again. MQTT 5 is tried first,
    then 3.1.1, which acknowledges what its access list denies. Raises SettingsError for a password
    or CA file of no use.
    """
    access = Access.read(settings)
    found = Farewell()
    for mqtt5 in (True, False):
        with Call(
            settings,
            access,
            client_id=f"cuelight-{topics.site}-{topics.device}-retire",
            mqtt5=mqtt5,
            timeout_seconds=timeout_seconds,
        ) as call:
            problem = call.connect()
            found = _clear(call, clear) if problem is None else Farewell(problem=problem)
        if not call.other_protocol:
            break
    return found


def _clear(call: Call, topics: Sequence[str]) -> Farewell:
    waiting = {call.link.publish(topic, "", qos=1, retain=True): topic for topic in topics}
    cleared, refused = [], []
    end = call.deadline()
    while waiting and (event := call.next(end)) is not None:
        if not isinstance(event, Acked) or event.mid not in waiting:
            continue
        topic = waiting.pop(event.mid)
        if event.refusal is None:
            cleared.append(topic)
        else:
            refused.append((topic, event.refusal))
    refused += [(topic, "no answer") for topic in waiting.values()]
    return Farewell(tuple(cleared), tuple(refused))
