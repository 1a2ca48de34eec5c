"""Publishing a policy: the source document in, the next version in effect.

1. *Read*: the document is validated as a whole and compiled (`domain.policy_document`).
2. *Check* what only the deployment knows: every division that it enables is one that each usable key may sign for,
   and the embedded font can draw every text.
3. *Number*: it becomes the version after the one in force, whatever it called itself; so an old version that is
   sent again is a rollback, and versions on certificates always tell what was in force.
4. *Store*: source and compiled form in one transaction, if that version is still free. Who is second is told so.

Functions use the newest version within 30 seconds (`aws.config`). A crash before 4 leaves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jianbiao.domain.policy_changes import Change, changes
from jianbiao.errors import Conflict, FieldError, InvalidInput, NotFound, Unavailable
from jianbiao.ports import Clock, Keys, Stale
from jianbiao.wire.keys import CERTIFICATE

MAX_FAULTS = 20


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """One version as it was published."""

    version: int
    source: dict[str, Any]
    """The document as people write it, with `version` put in."""
    compiled: dict[str, Any]
    published_at: int
    actor: str


class PolicyVersions(Protocol):
    """All versions of the policy, none of which is ever changed."""

    def get(self, version: int | None = None) -> PublishedPolicy | None:
        """A version; the newest where none is named. Raises Unavailable."""

    def put(self, policy: PublishedPolicy) -> None:
        """Store a version. Raises Stale where it is taken, Unavailable."""


@dataclass(frozen=True, slots=True)
class PolicyDesk:
    """Where operators publish the policy."""

    versions: PolicyVersions
    keys: Keys
    missing_glyphs: Callable[[str], set[str]]
    """Characters of a text that the embedded font lacks."""
    clock: Clock

    def read(self, version: int | None = None) -> PublishedPolicy:
        """A version; the one in force where none is named. Raises NotFound, Unavailable."""
        found = self.versions.get(version)
        if found is None and version is None:
            raise Unavailable("no policy is published yet")
        if found is None:
            raise NotFound
        return found

    def preview(self, document: dict[str, Any]) -> tuple[int, list[Change]]:
        """The version that the document would become, and what would change. Raises InvalidInput, Unavailable."""
        held = self.read()
        wanted = self._prepared(document, held, actor="")
        return wanted.version, [c for c in changes(held.compiled, wanted.compiled) if c.path != "/version"]

    def publish(self, document: dict[str, Any], *, actor: str, replaces: int | None) -> PublishedPolicy:
        """Publish a document. `replaces`: the version it was made from, where the operator wants to be sure.

        Raises InvalidInput, Conflict(policy-changed), Unavailable.
        """
        held = self.read()
        if replaces is not None and replaces != held.version:
            raise Conflict("policy-changed", extras={"version": str(held.version)})
        wanted = self._prepared(document, held, actor=actor)
        try:
            self.versions.put(wanted)
        except Stale:
            raise Conflict("policy-changed", extras={"version": str(wanted.version)}) from None
        return wanted

    def _prepared(self, document: dict[str, Any], held: PublishedPolicy, *, actor: str) -> PublishedPolicy:
        # pydantic is a quarter of a second at a cold start: reading a policy does without.
        from pydantic import ValidationError

        from jianbiao.domain.policy_document import compile_policy, parse

        source = document | {"version": held.version + 1}
        try:
            compiled = compile_policy(parse(json.dumps(source, ensure_ascii=False).encode()))
        except ValidationError as error:
            raise InvalidInput(*_faults(error.errors(include_url=False, include_input=False))) from error
        except ValueError as error:
            raise InvalidInput(FieldError("/policy", str(error))) from error
        if wrong := [*self._unsigned(compiled), *self._undrawable(compiled)][:MAX_FAULTS]:
            raise InvalidInput(*wrong)
        return PublishedPolicy(held.version + 1, source, compiled, self.clock(), actor)

    def _unsigned(self, compiled: dict[str, Any]) -> list[FieldError]:
        """Enabled divisions that a usable certificate key does not list: nothing could be issued for them."""
        now = self.clock()
        usable = [
            key
            for key in self.keys.current().published.keys
            if key.purpose == CERTIFICATE and key.revoked_at is None and now < key.exp
        ]
        return [
            FieldError(
                f"/policy/divisions/{code}",
                "no published key may sign for this division: enable it in the key set first",
            )
            for code, division in compiled["divisions"].items()
            if division["enabled"] and (not usable or any(code not in key.issuer_codes for key in usable))
        ]

    def _undrawable(self, compiled: dict[str, Any]) -> list[FieldError]:
        wrong = []
        for path, text in _texts(compiled):
            if missing := self.missing_glyphs(text):
                shown = " ".join(f"U+{ord(char):04X}" for char in sorted(missing))
                wrong.append(FieldError(f"/policy{path}", f"the embedded font lacks {shown}"))
        return wrong


def _faults(found: Sequence[Any]) -> list[FieldError]:
    """pydantic's errors with JSON pointers into the request."""
    return [
        FieldError(
            "/policy"
            + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error["loc"]),
            str(error["msg"])[:1000],
        )
        for error in found[:MAX_FAULTS]
    ]


def _texts(value: object, path: str = "") -> list[tuple[str, str]]:
    """Every string in a compiled policy with its JSON pointer."""
    if isinstance(value, dict):
        inner = [(str(key).replace("~", "~0").replace("/", "~1"), part) for key, part in value.items()]
    elif isinstance(value, list):
        inner = [(str(i), part) for i, part in enumerate(value)]
    else:
        return [(path, value)] if isinstance(value, str) else []
    return [found for key, part in inner for found in _texts(part, f"{path}/{key}")]
