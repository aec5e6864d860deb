"""Make a certificate authority, and broker certificates with whatever dates and names."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """Signs certificates for brokers with OpenSSL; `ca` is its own, to be trusted for `days`."""

    def __init__(self, folder: Path, *, days: int = 2) -> None:
        folder.mkdir()
        self.folder = folder
        self.ca = folder / "ca.pem"
        self._openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days)),
            *("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )
        (folder / "ca.conf").write_text(_CONFIG)
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")

    def broker(
        self, name: str, *, names: str = "IP:127.0.0.1", start: str = "", end: str = ""
    ) -> str:
        """Make `name`.pem, valid now or from `start` to `end`; returns mosquitto's lines for it."""
        self._openssl(
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
        )
        (self.folder / "names").write_text(f"subjectAltName={names}\n")
        dates = ("-startdate", start, "-enddate", end) if start else ("-days", "2")
        self._openssl(
            *("ca", "-batch", "-config", "ca.conf", "-in", f"{name}.csr", "-out", f"{name}.pem"),
            *("-extfile", "names", "-notext", *dates),
        )
        return f"certfile {self.folder}/{name}.pem\nkeyfile {self.folder}/{name}.key"

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, cwd=self.folder, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
