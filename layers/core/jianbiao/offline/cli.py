"""`jianbiao-verify`: verify codes, or pictures of codes, without a network.

  jianbiao-verify update https://verify.example --pin <sha256>   fetch keys and status lists (the only step online)
  jianbiao-verify check CODE …                                   verify; without CODE, one a line from standard input
  jianbiao-verify check --picture FILE …                         verify every code in a picture
  jianbiao-verify held                                           what is held, and how old it is

Exit codes of `check`, for several codes the highest:
  0 valid, status checked   10 valid, status not checked   11 expired   12 superseded   13 suspended
  14 revoked   15 not yet valid   16 forged   17 no code
Of all commands: 2 wrong usage, 3 keys or lists absent, refused or not reachable.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jianbiao.domain.times import last_valid_day, rfc3339
from jianbiao.errors import NotACode, Untrusted
from jianbiao.offline.check import Answer, OfflineVerifier
from jianbiao.offline.folder import Folder, NothingHeld
from jianbiao.wire.code_text import MAX_TEXT
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.reasons import Verdict

UNCHECKED, NO_CODE, NOT_READY = 10, 17, 3
EXIT_CODES = {
    Verdict.VALID: 0,
    Verdict.EXPIRED: 11,
    Verdict.SUPERSEDED: 12,
    Verdict.SUSPENDED: 13,
    Verdict.REVOKED: 14,
    Verdict.NOT_YET_VALID: 15,
    Verdict.FORGED: 16,
}
WORDS = {
    Verdict.VALID: "有效 valid",
    Verdict.EXPIRED: "已过期 expired",
    Verdict.SUPERSEDED: "已被新凭证替代 superseded",
    Verdict.SUSPENDED: "已暂停 suspended",
    Verdict.REVOKED: "已撤销 revoked",
    Verdict.NOT_YET_VALID: "尚未生效 not yet valid",
    Verdict.FORGED: "伪造 forged",
}
NOT_CHECKED = "签名有效，状态未核验 signature valid, state not checked"
DEFAULT_FOLDER = Path("~/.jianbiao")

Say = Callable[[str], None]
Clock = Callable[[], int]


def run() -> None:
    """Console script."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):  # what is no UTF-8 is no code either, and no reason to stop
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:], lambda: int(time.time()), print))


def main(arguments: Sequence[str], clock: Clock, say: Say) -> int:
    """Do what the command line asks; returns the exit code. `clock` gives epoch seconds, `say` takes lines."""
    options = _parser().parse_args(arguments)
    folder = Folder(options.data.expanduser())
    try:
        if options.command == "update":
            return _update(folder, options, clock(), say)
        if options.command == "held":
            return _held(folder, clock(), say)
        return _check(folder, options, clock, say)
    except NothingHeld as exc:
        say(f"no key set in {exc}: run `jianbiao-verify update` first")
    except Untrusted as exc:
        say(f"refused: {exc}")
    return NOT_READY


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jianbiao-verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_FOLDER, help=f"folder of keys and lists [{DEFAULT_FOLDER}]"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("update", help="fetch keys and status lists")
    update.add_argument("origin", help="https://<host> of the deployment")
    update.add_argument(
        "--pin", metavar="SHA256", help="digest of the key set, as the authority has published it"
    )
    update.add_argument("--trust-first", action="store_true", help="take the first key set as it comes")
    check = commands.add_parser("check", help="verify codes")
    check.add_argument(
        "codes", nargs="*", metavar="CODE", help="text of a code; none: one a line from standard input"
    )
    check.add_argument(
        "--picture", type=Path, action="append", default=[], metavar="FILE", help="picture of a code"
    )
    check.add_argument("--json", action="store_true", help="one JSON object a line")
    commands.add_parser("held", help="what is held, and how old it is")
    return parser


# --- check --------------------------------------------------------------------------------------------------


def _check(folder: Folder, options: argparse.Namespace, clock: Clock, say: Say) -> int:
    verifier = OfflineVerifier.open(folder)
    worst = 0
    for source, text in _inputs(options):
        now = clock()
        try:
            answer = verifier.check(text, now)
        except NotACode as exc:
            worst = max(worst, NO_CODE)
            no_code = {"source": source, "error": NotACode.code, "detail": str(exc)}
            say(
                json.dumps(no_code, ensure_ascii=False)
                if options.json
                else f"{source}: 不是检验标志码 no code: {exc}"
            )
            continue
        worst = max(worst, exit_code(answer))
        if options.json:
            say(json.dumps({"source": source} | answer.as_json(now), ensure_ascii=False))
        else:
            say(f"{source}: " + "\n  ".join(_lines(answer, now)))
    return worst


def exit_code(answer: Answer) -> int:
    """Exit code of one answer: valid without a checked status is not plainly valid."""
    if answer.verdict is Verdict.VALID and answer.status_checked == "none":
        return UNCHECKED
    return EXIT_CODES[answer.verdict]


def _inputs(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """What to call it, and the text; a picture without a code has an empty one."""
    for number, text in enumerate(options.codes, 1):
        yield f"code {number}", text
    for path in options.picture:
        yield from _in_picture(path)
    if not options.codes and not options.picture:
        # A line is read no further than to see that it is too long; what follows counts as the next code.
        number = 0
        while line := sys.stdin.readline(MAX_TEXT + 2):
            if line.strip():
                number += 1
                yield f"line {number}", line.removesuffix("\n")


def _in_picture(path: Path) -> Iterator[tuple[str, str]]:
    from jianbiao.offline.pictures import NoPicture, codes_in

    try:
        texts = codes_in(path)
    except NoPicture as exc:
        sys.stderr.write(f"{exc}\n")
        texts = []
    for text in texts or [""]:
        yield str(path), text


def _lines(answer: Answer, now: int) -> Iterator[str]:
    yield NOT_CHECKED if exit_code(answer) == UNCHECKED else WORDS[answer.verdict]
    if answer.claims is None:
        yield f"reason {answer.reason}"
        return
    claims, issuer = answer.claims, answer.issuer
    yield f"号牌 plate {claims.plate} (class {claims.plate_class})"
    yield f"检验有效期至 valid until {last_valid_day(claims.exp)}"
    yield f"发证机关 issuer {claims.iss}" + (f" {issuer.zh} {issuer.en}" if issuer else "")
    yield f"编号 id {certificate_id(claims.cti)}"
    if answer.status_checked == "none":
        yield "状态未核验 status not checked"
    if answer.status_as_of is not None:
        yield f"状态表 status list of {rfc3339(answer.status_as_of)}, {age(now - answer.status_as_of)} old"
    yield from answer.notes


def age(seconds: int) -> str:
    """A length of time in words: `45 s`, `12 min`, `3 h 5 min`, `2 d 1 h`."""
    if seconds < 0:
        return f"-{age(-seconds)}"
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min"
    if seconds < 86_400:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3_600} h"


# --- update, held -------------------------------------------------------------------------------------------


def _update(folder: Folder, options: argparse.Namespace, now: int, say: Say) -> int:
    from jianbiao.offline.download import Origin, Unreachable, update_keys, update_lists

    try:
        origin = Origin(options.origin)
        keys = update_keys(folder, origin, pin=options.pin, first_on_trust=options.trust_first)
        say(f"key set: version {keys.version}, {len(keys.keys)} keys, digest {keys.digest}")
        outcome = 0
        for uri, result in update_lists(folder, origin, keys, now):
            if isinstance(result, Exception):
                outcome = NOT_READY
                say(f"{uri}: not taken: {result}")
            else:
                say(f"{uri}: of {rfc3339(result)}, {age(now - result)} old")
    except ValueError as exc:
        say(str(exc))
        return 2
    except Unreachable as exc:
        say(f"not reachable: {exc}")
        return NOT_READY
    return outcome


def _held(folder: Folder, now: int, say: Say) -> int:
    keys = folder.keys()
    say(f"key set: version {keys.version}, digest {keys.digest}")
    outcome = 0
    for uri in sorted(folder.known_lists()):
        try:
            held = folder.status_list(uri, keys)
        except Untrusted as exc:
            outcome = NOT_READY
            say(f"{uri}: refused: {exc}")
            continue
        if held is None:
            outcome = NOT_READY
            say(f"{uri}: missing")
            continue
        over = ", past its end" if now >= held.exp else ""
        say(f"{uri}: of {rfc3339(held.iat)}, {age(now - held.iat)} old{over}")
    return outcome
