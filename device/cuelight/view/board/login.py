"""Let in who knows the password: scrypt, a signed cookie, and patience with wrong guesses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

COOKIE: Final = "cuelight_session"

SESSION_SECONDS: Final = 12 * 3600
"""A working day; then the password is asked for again."""

LEAST_CHARACTERS: Final = 8

_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 2**20}
"""OWASP's password storage guidance names N=2^14 with r=8; about 50 ms and 16 MB a guess."""

_FREE_GUESSES: Final = 5
_LOCK_SECONDS: Final = 30.0


class Door:
    """Checks passwords and the cookies that it handed out itself.

    The key of the cookies lives in this process only, so a restart asks everybody again. After five
    wrong guesses in a row each further one waits 30 s, for everybody: there is one password.
    `now` is a steady clock in seconds, always an argument. Not safe for threads.
    """

    def __init__(self, password: str) -> None:
        if len(password) < LEAST_CHARACTERS:
            raise InputError(
                f"the password has {len(password)} characters; at least {LEAST_CHARACTERS} are "
                "wanted. Put a longer one into the password file."
            )
        self._salt = secrets.token_bytes(16)
        self._hash = self._digest(password)
        self._key = secrets.token_bytes(32)
        self._wrong = 0
        self._closed_until = 0.0

    def wait_seconds(self, now: float) -> float:
        """How long no guess is taken; 0 when one is."""
        return max(0.0, self._closed_until - now)

    def enter(self, password: str, *, now: float) -> str | None:
        """Give a cookie's value for the right password, None for a wrong or hasty one."""
        if self.wait_seconds(now) > 0.0:
            return None
        if not hmac.compare_digest(self._digest(password), self._hash):
            self._wrong += 1
            if self._wrong >= _FREE_GUESSES:
                self._closed_until = now + _LOCK_SECONDS
            return None
        self._wrong = 0
        claim = f"{now + SESSION_SECONDS:.0f}.{secrets.token_hex(8)}"
        return f"{claim}.{self._sign(claim)}"

    def knows(self, cookie: str | None, *, now: float) -> bool:
        """Whether a cookie is one of ours and has not run out."""
        claim, _, signature = (cookie or "").rpartition(".")
        if not hmac.compare_digest(self._sign(claim).encode(), signature.encode()):
            return False
        return float(claim.partition(".")[0]) > now

    def _digest(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode(), salt=self._salt, **_SCRYPT)

    def _sign(self, claim: str) -> str:
        digest = hmac.digest(self._key, claim.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode()


def read_password(path: Path) -> str:
    """Read the first line of a password file. Raises InputError when it cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        readable = path.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"--password-file: cannot read {path}: {error}. Put the password into its first line."
        ) from error
    if readable:
        raise InputError(
            f"--password-file: others may read {path}. Make it yours alone: chmod 600 {path}"
        )
    if not lines or not lines[0].strip():
        raise InputError(f"--password-file: the first line of {path} is empty; put it there.")
    return lines[0].strip()
