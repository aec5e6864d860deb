"""Reading a certificate's dates from its bytes: what openssl made, and what is no certificate."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates import Authority
from cuelight.examine.certificate import validity


def moment(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


@cache
def certificate(start="2020-02-29 01:02:03", end="2031-12-31 23:59:59"):
    with TemporaryDirectory() as folder:
        authority = Authority(Path(folder) / "tls")
        dates = [f"{moment(text):%Y%m%d%H%M%SZ}" for text in (start, end)]
        authority.broker("b", start=dates[0], end=dates[1])
        return ssl.PEM_cert_to_DER_cert((authority.folder / "b.pem").read_text())


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-02-29 01:02:03", "2031-12-31 23:59:59"),
        ("1999-12-31 23:59:59", "2049-12-31 23:59:59"),  # the last that UTCTime can say
        ("2050-01-01 00:00:00", "2120-06-01 00:00:00"),  # from here on GeneralizedTime
        ("1950-01-01 00:00:00", "1968-01-01 00:00:00"),  # years that Python takes for 2050 to 2068
    ],
)
def test_dates_are_those_that_it_was_made_with(start, end):
    assert validity(certificate(start, end)) == (moment(start), moment(end))


@given(st.binary(max_size=200))
def test_no_bytes_but_a_certificates_have_dates(data):
    with pytest.raises(ValueError, match=r"."):
        validity(data)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_certificate_is_a_value_error_or_has_dates(data):
    der = bytearray(certificate())
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)))
    try:
        start, end = validity(bytes(der[:cut]))
    except ValueError:
        return
    assert start <= end
