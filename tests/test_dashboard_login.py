"""Who may see the page: passwords, cookies, and a gate that web sockets pass too."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.view.board.gate import Gate
from cuelight.view.board.login import COOKIE, SESSION_SECONDS, Door, read_password

PASSWORD = "eleven chars"


def test_the_right_password_opens_for_a_day_and_no_longer():
    door = Door(PASSWORD)
    cookie = door.enter(PASSWORD, now=100.0)
    assert door.knows(cookie, now=100.0)
    assert door.knows(cookie, now=100.0 + SESSION_SECONDS - 1)
    assert not door.knows(cookie, now=100.0 + SESSION_SECONDS + 1)
    assert not Door(PASSWORD).knows(cookie, now=100.0), "another run has another key"


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_no_made_up_cookie_opens(cookie):
    assert not DOOR.knows(cookie, now=0.0)


DOOR = Door(PASSWORD)


def test_a_cookie_cannot_be_made_to_last_longer():
    cookie = DOOR.enter(PASSWORD, now=0.0)
    until, rest = cookie.split(".", 1)
    assert not DOOR.knows(f"{int(until) + 999999}.{rest}", now=0.0)
    assert not DOOR.knows(None, now=0.0)


def test_guessing_is_slowed_down_and_a_right_guess_while_locked_is_not_taken():
    door = Door(PASSWORD)
    for _ in range(5):
        assert door.enter("wrong", now=1.0) is None
    assert door.wait_seconds(1.0) > 0
    assert door.enter(PASSWORD, now=2.0) is None
    assert door.enter(PASSWORD, now=40.0) is not None
    assert door.wait_seconds(40.0) == 0


def test_short_passwords_are_refused():
    with pytest.raises(InputError, match="at least 8"):
        Door("short")


def test_a_password_file_is_its_owners_alone(tmp_path):
    file = tmp_path / "password"
    with pytest.raises(InputError, match="cannot read"):
        read_password(file)
    file.write_text("a fine password\nand a comment\n")
    file.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        read_password(file)
    file.chmod(0o600)
    assert read_password(file) == "a fine password"
    file.write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        read_password(file)


class Inner:
    """What lies behind the gate: remembers what came through."""

    def __init__(self):
        self.seen = []

    async def __call__(self, scope, receive, send):
        self.seen.append((scope["type"], scope["path"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})


def call(gate, path, *, method="GET", body=b"", kind="http", headers=(), query=b""):
    """Send one request through the gate; give its status, headers and body."""
    sent = []
    asked = [{"type": "http.request", "body": body}]

    async def receive():
        return asked.pop()

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "method": method,
        "query_string": query,
        "headers": [(name, value) for name, value in headers],
    }
    asyncio.run(gate(scope, receive, send))
    if kind == "websocket":
        return sent
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[-1]["body"].decode()


def gate_with(now=0.0, **options):
    inner = Inner()
    return Gate(inner, door=DOOR, now=lambda: now, **options), inner


def cookie_header(cookie):
    return (b"cookie", f"{COOKIE}={cookie}".encode())


def test_without_a_session_nothing_is_let_through():
    gate, inner = gate_with()
    status, headers, _ = call(gate, "/customers", query=b"site=berlin")
    assert (status, headers["location"]) == (303, "/login?next=%2Fcustomers%3Fsite%3Dberlin")
    assert call(gate, "/_nicegui/anything")[0] == 401
    assert call(gate, "/export.csv", method="POST")[0] == 401
    assert call(gate, "/ws", kind="websocket") == [{"type": "websocket.close", "code": 1008}]
    assert inner.seen == []


def test_logging_in_and_out():
    gate, inner = gate_with()
    form = urlencode({"password": PASSWORD, "next": "/customers?days=7"}).encode()
    status, headers, _ = call(gate, "/login", method="POST", body=form)
    assert (status, headers["location"]) == (303, "/customers?days=7")
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    value = cookie.split(";")[0].partition("=")[2]
    status, headers, body = call(gate, "/customers", headers=[cookie_header(value)])
    assert (status, body, inner.seen) == (200, "inside", [("http", "/customers")])
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    _, headers, _ = call(gate, "/logout", headers=[cookie_header(value)])
    assert "Max-Age=0" in headers["set-cookie"]


def test_behind_tls_the_cookie_is_for_encrypted_connections_only():
    gate, _ = gate_with(secure=True)
    form = urlencode({"password": PASSWORD}).encode()
    assert "Secure" in call(gate, "/login", method="POST", body=form)[1]["set-cookie"]


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil", "evil", ""]
)
def test_the_log_in_leads_nowhere_else(target):
    gate, _ = gate_with()
    form = urlencode({"password": PASSWORD, "next": target}).encode()
    assert call(gate, "/login", method="POST", body=form)[1]["location"] == "/"


def test_a_wrong_password_says_so_and_writes_nothing_of_it():
    gate, _ = gate_with()
    form = urlencode({"password": "<b>wrong</b>", "next": '"><script>'}).encode()
    status, _, body = call(gate, "/login", method="POST", body=form)
    assert status == 401
    assert "That is not the password." in body
    assert "wrong" not in body
    assert "<script>" not in body


def test_a_socket_of_another_sites_page_is_refused():
    gate, inner = gate_with()
    cookie = DOOR.enter(PASSWORD, now=0.0)
    host = (b"host", b"127.0.0.1:8080")
    for origin, wanted in ((b"http://evil.example", 0), (b"http://127.0.0.1:8080", 1)):
        headers = [cookie_header(cookie), host, (b"origin", origin)]
        call(gate, "/ws", kind="websocket", headers=headers)
        assert len(inner.seen) == wanted


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_comes_is_answered(body, cookie):
    # a door for each, so that none is locked out by the guesses before
    gate = Gate(Inner(), door=Door(PASSWORD), now=lambda: 0.0)
    assert call(gate, "/login", method="POST", body=body)[0] in (303, 401)
    assert call(gate, "/", headers=[(b"cookie", cookie)])[0] == 303
