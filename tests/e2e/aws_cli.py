"""As much of the AWS CLI as docs/runbook.md uses, on botocore: the page's own lines run in a shell without the CLI.

Options are the operation's parameters under the CLI's names, with the CLI's forms of a value: JSON for what has parts,
base64 for bytes (the text itself with `--cli-binary-format raw-in-base64-out`), `file://` for what lies in a file.
Pages are put together unless a limit is given, as the CLI does it.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape
from botocore.session import get_session

FAILED = 254
"""Exit status of the CLI where the service answers with an error."""
OWN = {"query", "output", "cli-binary-format"}
"""Options of the CLI itself."""
RAW = "raw-in-base64-out"
INVOKE = ("lambda", "invoke")
"""The one operation here whose answer goes into a file."""


def options(words: Sequence[str], flags: set[str]) -> Iterator[tuple[str, str | bool]]:
    """Each option with its value; of `flags`, on or off. Raises ValueError for anything else."""
    left = list(words)
    while left:
        word = left.pop(0)
        name = word.removeprefix("--")
        if name == word:
            raise ValueError(f"{word} is no option")
        if name.removeprefix("no-") in flags:
            yield name.removeprefix("no-"), not name.startswith("no-")
        else:
            yield name, left.pop(0)


def value(shape: Shape, given: Any, binary: str) -> Any:
    """A value as botocore takes it; `given` is the CLI's text or, within JSON, what the JSON says."""
    match shape.type_name:
        case "blob":
            return str(given).encode() if binary == RAW else base64.b64decode(given)
        case "integer" | "long":
            return int(given)
        case "structure":
            parts = json.loads(given) if isinstance(given, str) else given
            return {name: value(shape.members[name], part, binary) for name, part in parts.items()}
        case "map":
            parts = json.loads(given) if isinstance(given, str) else given
            return {name: value(shape.value, part, binary) for name, part in parts.items()}
        case "list":
            parts = json.loads(given) if isinstance(given, str) else given
            return [value(shape.member, part, binary) for part in parts]
        case _:
            return given


def parameters(model: OperationModel, given: dict[str, Any]) -> dict[str, Any]:
    """The operation's parameters. Raises KeyError for an option that it does not have."""
    members = {xform_name(name, "-"): (name, shape) for name, shape in model.input_shape.members.items()}
    binary = str(given.get("cli-binary-format", "base64"))
    made = {}
    for option, text in given.items():
        if option not in OWN:
            name, shape = members[option]
            made[name] = value(shape, read(text), binary)
    return made


def read(text: Any) -> Any:
    """What lies in the file, for `file://` and its path; everything else is as it is."""
    if isinstance(text, str) and text.startswith("file://"):
        return Path(text.removeprefix("file://")).read_text(encoding="utf-8")
    return text


def shown(answer: Any, output: str) -> str:
    """What is printed: JSON, or with `text` the value itself, parts of a list with tabs between."""
    if output != "text":
        return json.dumps(answer, default=plain)
    return "\t".join(map(str, answer)) if isinstance(answer, list) else str(answer)


def plain(part: Any) -> str:
    """Bytes and times, which JSON does not have."""
    return base64.b64encode(part).decode() if isinstance(part, bytes) else str(part)


def main(arguments: Sequence[str]) -> int:
    """`aws <service> <operation> …`; the account, the region and the endpoint come from the environment."""
    service, operation, *words = arguments
    client = get_session().create_client(service)
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    file = words.pop() if (service, operation) == INVOKE else None
    flags = {xform_name(n, "-") for n, s in model.input_shape.members.items() if s.type_name == "boolean"}
    given = dict(options(words, flags))
    asked = parameters(model, given)
    try:
        if client.can_paginate(method) and "limit" not in given:
            answer = client.get_paginator(method).paginate(**asked).build_full_result()
        else:
            answer = getattr(client, method)(**asked)
    except ClientError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    answer.pop("ResponseMetadata", None)
    if file is not None:
        Path(file).write_bytes(answer.pop("Payload").read())
    if "query" in given:
        answer = jmespath.search(str(given["query"]), answer)
    sys.stdout.write(shown(answer, str(given.get("output", "json"))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
