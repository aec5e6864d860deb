from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.errors import InputError, SettingsError
from cuelight.tell.command import PauseOrder, Resend, read_command
from cuelight.tell.topics import Topics


@given(st.integers(0, 2**53))
def test_resend_from_is_understood(seq):
    assert read_command(json.dumps({"resend_from": seq}).encode(), retained=False) == Resend(seq)


@given(st.booleans(), st.datetimes(timezones=st.timezones()))
def test_an_order_to_pause_carries_its_time(pause, at):
    if not datetime(2, 1, 1, tzinfo=UTC) < at < datetime(9998, 1, 1, tzinfo=UTC):
        return
    payload = json.dumps({"pause": pause, "at": at.isoformat()}).encode()
    assert read_command(payload, retained=False) == PauseOrder(pause, at.astimezone(UTC))


def test_a_time_may_be_written_as_date_does_it():
    order = read_command(b'{"pause": true, "at": "2026-11-23T14:00:00Z"}', retained=False)
    assert order == PauseOrder(pause=True, at=datetime(2026, 11, 23, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 512, "not JSON"),
        (b'{"resend_from": ' + b"9" * 480 + b"}", "not known"),
        (b'{"resend_from": 7' + b" " * 600 + b"}", "more than 512 bytes"),
        (b'{"resend_from": -1}', "not known"),
        (b'{"resend_from": true}', "not known"),
        (b'{"resend_from": 1.5}', "not known"),
        (b'{"resend_from": "1"}', "not known"),
        (b'{"resend_from": null}', "not known"),
        (b'{"resend_from": 1, "and": "more"}', "not known"),
        (b'{"reboot": 1}', "not known"),
        (b"17", "not known"),
        (b'{"pause": true}', '"at", the time of the order, is missing'),
        (b'{"pause": 1, "at": "2026-11-23T14:00:00Z"}', "not known"),
        (b'{"pause": true, "at": "2026-11-23T14:00:00"}', "no time with its zone"),
        (b'{"pause": true, "at": "soon"}', "no time with its zone"),
        (b'{"pause": true, "at": "0001-01-01T00:00:00+14:00"}', "no time with its zone"),
        (b'{"pause": true, "at": 7}', "not known"),
        (b'{"pause": true, "at": "2026-11-23T14:00:00Z", "for": 3}', "not known"),
    ],
)
def test_everything_else_is_refused_in_one_line(payload, message):
    with pytest.raises(InputError, match=message) as caught:
        read_command(payload, retained=False)
    assert "\n" not in str(caught.value)


def test_a_retained_command_would_run_at_every_reconnect():
    with pytest.raises(InputError, match="retained"):
        read_command(b'{"resend_from": 1}', retained=True)


@given(st.binary(max_size=600), st.booleans())
def test_no_payload_raises_anything_but_an_input_error(payload, retained):
    with pytest.raises(InputError):
        read_command(payload, retained=retained)


def test_topics_are_those_of_the_contract():
    topics = Topics("berlin", "table-1")
    assert topics.availability == "cuelight/berlin/table-1/availability"
    assert topics.health == "cuelight/berlin/table-1/health"
    assert topics.counts == "cuelight/berlin/table-1/counts"
    assert topics.privacy == "cuelight/berlin/table-1/privacy"
    assert topics.set == "cuelight/berlin/table-1/set"


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "ä", "a b", "a\n", "x" * 65])
def test_names_that_break_a_topic_are_refused(name):
    with pytest.raises(SettingsError, match=r"site\.name"):
        Topics(name, "table-1")
    with pytest.raises(SettingsError, match=r"site\.device"):
        Topics("berlin", name)
