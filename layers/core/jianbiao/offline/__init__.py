"""Verification without a network: for terminals, and for anybody with a folder of keys and status lists.

As a library::

    from pathlib import Path
    from jianbiao.offline import Folder, OfflineVerifier

    verifier = OfflineVerifier.open(Folder(Path("/var/lib/jianbiao")))
    answer = verifier.check(text, now=int(time.time()))
    answer.verdict, answer.reason, answer.status_checked, answer.status_as_of

As a command: ``jianbiao-verify --help``. Neither imports anything of AWS; only `jianbiao.offline.download` opens a
socket.
"""

from jianbiao.offline.check import Answer, OfflineVerifier
from jianbiao.offline.folder import Folder

__all__ = ["Answer", "Folder", "OfflineVerifier"]
