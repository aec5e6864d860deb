from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.errors import InputError, SettingsError
from cuelight.tell.command import resend_from
from cuelight.tell.topics import Topics


@given(st.integers(0, 2**53))
def test_resend_from_is_understood(seq):
    assert resend_from(json.dumps({"resend_from": seq}).encode(), retained=False) == seq


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
    ],
)
def test_everything_else_is_refused_in_one_line(payload, message):
    with pytest.raises(InputError, match=message) as caught:
        resend_from(payload, retained=False)
    assert "\n" not in str(caught.value)


def test_a_retained_command_would_run_at_every_reconnect():
    with pytest.raises(InputError, match="retained"):
        resend_from(b'{"resend_from": 1}', retained=True)


@given(st.binary(max_size=600), st.booleans())
def test_no_payload_raises_anything_but_an_input_error(payload, retained):
    with pytest.raises(InputError):
        resend_from(payload, retained=retained)


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
