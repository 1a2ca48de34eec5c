"""The built scripts of the pages that need some (web/): what `make web` has written to static/, and nothing else."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

STATIC: Final = Path(__file__).with_name("static")
WORKER: Final = "verify-sw.js"
"""The service worker: the one file whose name does not change with its content, because browsers know it by its
address."""
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    compressed: bytes
    """The same in gzip (RFC 1952)."""
    headers: dict[str, str]


@cache
def manifest() -> dict[str, Any]:
    """What was built: `entries` (page → file), `spare` (files that only some browsers need) and `files` (all)."""
    made: dict[str, Any] = json.loads((STATIC / "manifest.json").read_bytes())
    return made


def address(page: str) -> str:
    """Path of the script of a page ("verify", "app")."""
    return f"/assets/{manifest()['entries'][page]}"


@cache
def asset(name: str) -> Asset | None:
    """The file of this name, or None. A name that was not built is never looked for on the disk."""
    if name not in manifest()["files"]:
        return None
    path = STATIC / name
    headers = {
        "content-type": _TYPES[path.suffix],
        "cache-control": "public, max-age=31536000, immutable",
        "cross-origin-resource-policy": "same-origin",
    }
    if name == WORKER:
        # A worker may control what is below its own path unless a header says otherwise; and it has to be asked for
        # anew, or a fault in it would stay for as long as it may be cached.
        headers |= {
            "cache-control": "no-cache",
            "service-worker-allowed": "/verify",
            "content-security-policy": "default-src 'none'; connect-src 'self'",
        }
    body = path.read_bytes()
    return Asset(body, gzip.compress(body, 9, mtime=0), headers)
