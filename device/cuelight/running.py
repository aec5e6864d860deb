"""Say which process is this box's service, so that `identify` can ask it for a blink."""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import signal
import struct
import threading
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)

_LOCK_NAME: Final = "running.lock"

ASK: Final = signal.SIGUSR1
"""Asks the service to identify itself. A signal needs no port and no socket, and only root and the
service's own user can send one."""

_FLOCK: Final = "hhqqi"
"""`struct flock` on 64-bit Linux: type, whence, start, length, process."""


class Running:
    """Holds the mark "this process is the service" and hears requests, until closed.

    The mark is a lock on a file in `folder`, so the kernel knows who holds it and takes it away
    when the process dies; nothing that a file says has to be believed. `identify` is called on a
    thread of its own. Where the mark cannot be had (another service runs, a folder that is
    read-only), that is logged and nothing else changes. Belongs to the main thread, as signal
    handlers do.
    """

    def __init__(self, folder: Path, *, identify: Callable[[], object]) -> None:
        self._identify = identify
        # its put may be called from a signal handler at any moment, unlike that of other queues
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="cuelight-identify", daemon=True)
        self._worker.start()
        self._before = signal.signal(ASK, lambda *_: self._asked.put("blink"))
        self._file: int | None = None
        try:  # last: whoever finds the mark may ask at once
            folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(folder / _LOCK_NAME, flags, 0o600)
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            _log.info("cuelight identify will not find this process: %s", error)

    def close(self) -> None:
        """Give the mark back and stop hearing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        # whoever found the mark a moment ago must not end this process
        signal.signal(ASK, signal.SIG_IGN if self._before is signal.SIG_DFL else self._before)
        self._asked.put("")
        self._worker.join(1.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while self._asked.get():  # an empty word ends it
            self._identify()


def find_running(folders: Iterable[Path]) -> int | None:
    """Return the process that holds the mark in one of the folders; None where none does.

    Raises PermissionError when a folder is another user's, and so may hold it.
    """
    for folder in folders:
        try:
            file = os.open(folder / _LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            found = fcntl.fcntl(file, fcntl.F_GETLK, wanted)
        finally:
            os.close(file)
        kind, _, _, _, process = struct.unpack(_FLOCK, found)
        if kind != fcntl.F_UNLCK:
            return int(process)
    return None
