"""Mistakes in what verification rests on besides the verifier: key sets, status lists, caches, terminals, police."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

_KEYS = ("tests/wire/test_keys.py", "tests/wire/test_hostile.py")
_BOOK = ("tests/services/test_key_book.py",)
_CONFIG = ("tests/aws/test_config.py",)
_LIST = ("tests/wire/test_status_list.py",)
_LISTS = ("tests/services/test_status_lists.py",)
_DOWN = ("tests/http/test_verification_down.py",)
_OFFLINE = ("tests/offline/test_offline.py",)
_POLICE = ("tests/services/test_police.py",)
_AUDIT = ("tests/http/test_police_audit.py",)

VERIFICATION: tuple[Mutant, ...] = (
    # Key set
    of("an older key set is taken", "wire/keys.py", "if self.version < held.version:", "if False:", *_KEYS),
    of(
        "of two sets of one version the later comer wins",
        "wire/keys.py",
        "if self.version == held.version and self.keys != held.keys:",
        "if False:",
        *_KEYS,
    ),
    of(
        "a standby is not needed",
        "services/key_book.py",
        'if key["purpose"] == CERTIFICATE and not self.standbys(now, without=kid):',
        "if False:",
        *_BOOK,
    ),
    of(
        "a new key signs before its overlap is over",
        "services/key_book.py",
        '        if now < key["nbf"]:\n            raise ',
        "        if False:\n            raise ",
        *_BOOK,
    ),
    of(
        "a compromised key goes on signing",
        "services/key_book.py",
        "return replace(marked, active_kid=self._successor(CERTIFICATE, kid, now))",
        "return marked",
        *_BOOK,
    ),
    of(
        "a retired key is no longer published",
        "services/key_book.py",
        "return self._changed(kid, exp=now + CLOSING)",
        "return self._changed(kid, exp=0)",
        *_BOOK,
    ),
    of(
        "a key set that cannot be read ends verification",
        "aws/config.py",
        "            except _UNREADABLE:\n",
        "            except ZeroDivisionError:\n",
        *_CONFIG,
    ),
    of(
        "a key set that cannot be read is no alarm",
        "aws/config.py",
        "                self._on_unreadable(self._name)\n",
        "",
        *_CONFIG,
    ),
    of(
        "keys are forgotten while the table is down",
        "aws/config.py",
        "                if self._built is None:\n                    raise\n",
        "                raise\n",
        *_CONFIG,
        *_DOWN,
    ),
    of(
        "keys are kept for ever",
        "aws/config.py",
        "self._until = self._monotonic() + (RETRY if self._built is None else TTL)",
        'self._until = float("inf")',
        *_CONFIG,
    ),
    # Status lists
    of(
        "entries are read from the other end",
        "wire/status_list.py",
        "    return entries[index // per_byte] >> index % per_byte * bits & (1 << bits) - 1",
        "    return entries[index // per_byte] >> (per_byte - 1 - index % per_byte) * bits & (1 << bits) - 1",
        *_LIST,
    ),
    of(
        "a list is used past its end",
        "wire/status_list.py",
        "self.bits) if now < self.exp else None",
        "self.bits)",
        *_LIST,
    ),
    of(
        "a list inflates to any size",
        "wire/status_list.py",
        "    if len(entries) > limit:\n",
        "    if False:\n",
        *_LIST,
    ),
    of(
        "something follows the stream of a list",
        "wire/status_list.py",
        "if not inflater.eof or inflater.unused_data:",
        "if not inflater.eof:",
        *_LIST,
    ),
    of(
        "a list is for any name",
        "wire/status_list.py",
        "    if claims.uri != uri:\n",
        "    if False:\n",
        *_LIST,
    ),
    of(
        "any token is a list",
        "wire/status_list.py",
        "algorithm == _ES256 and typ == MEDIA_TYPE",
        "algorithm == _ES256",
        *_LIST,
    ),
    of(
        "a certificate key signs lists",
        "wire/status_list.py",
        "            purpose=STATUS_LIST,\n",
        '            purpose="certificate",\n',
        *_LIST,
    ),
    of(
        "an older list is taken",
        "wire/status_list.py",
        "        if self.iat < held.iat:\n",
        "        if False:\n",
        *_LIST,
    ),
    of(
        "a list of the same second is taken",
        "wire/status_list.py",
        "        if self.iat == held.iat and self != held:\n",
        "        if False:\n",
        *_LIST,
    ),
    of(
        "a verifier's cache goes back",
        "services/cached_lists.py",
        "                read.check_replaces(held)\n",
        "                pass\n",
        *_LISTS,
    ),
    of(
        "a verifier's cache asks each time",
        "services/cached_lists.py",
        "if held is None or self._monotonic() >= held.ask_again:",
        "if True:",
        *_LISTS,
    ),
    of(
        "two lists of one second are published",
        "services/status_lists.py",
        "max(self.clock(), self._stated_iat(stored) + 1)",
        "self.clock()",
        *_LISTS,
    ),
    of(
        "a late publisher wins",
        "aws/status_lists.py",
        "                **condition,\n",
        "",
        "tests/aws/test_admin_stores.py",
    ),
    of(
        "a list is not read back before it is stored",
        "services/status_lists.py",
        "        except Untrusted as error:\n            raise ListNotVerified(error.reason) from error\n",
        "        except Untrusted:\n            return token\n",
        *_LISTS,
    ),
    # While the store is down
    of(
        "the list is not asked",
        "services/verify.py",
        "if self.lists and (known :=",
        "if False and (known :=",
        "tests/services/test_verify.py",
        *_DOWN,
    ),
    of(
        "a value without a meaning is an answer",
        "services/verify.py",
        "if status in STATUS_VALUES.values():",
        "if True:",
        "tests/services/test_verify.py",
    ),
    of(
        "the store's failure ends a batch",
        "services/verify.py",
        "        except Unavailable:\n            states = {",
        "        except ZeroDivisionError:\n            states = {",
        *_POLICE,
        *_DOWN,
    ),
    of(
        "a verdict waits for the vehicle",
        "services/police.py",
        "        except Unavailable:\n            return {}\n",
        "        except ZeroDivisionError:\n            return {}\n",
        *_POLICE,
    ),
    # Police
    of(
        "a scan is judged by today's state alone",
        "services/verify.py",
        "then = _judged(verified, state.as_it_was(moment), moment)",
        "then = _judged(verified, state, moment)",
        *_POLICE,
    ),
    of(
        "a scan is judged by its own moment alone",
        "services/verify.py",
        "findings.append(Scan(then, _judged(verified, state, now)))",
        "findings.append(Scan(then, then))",
        *_POLICE,
    ),
    of(
        "a plate that has moved on shows the old vehicle",
        "services/police.py",
        "if (vehicle.plate_class, vehicle.plate) != (plate_class, plate):",
        "if False:",
        *_POLICE,
    ),
    of(
        "wanted vehicles are no alert",
        "http/answers.py",
        '"alerts": [alert.as_json() for alert in policy.alerts(v.state)]',
        '"alerts": []',
        "tests/http/test_police_answers.py",
    ),
    of(
        "the state of a vehicle is always fresh",
        "http/answers.py",
        '"state_as_of": rfc3339(registered.as_of)',
        '"state_as_of": rfc3339(2_000_000_000)',
        "tests/http/test_police_answers.py",
    ),
    of(
        "police see the whole VIN",
        "http/answers.py",
        '"vin_tail": v.vin[-VIN_TAIL:]',
        '"vin_tail": v.vin',
        "tests/http/test_police_answers.py",
    ),
    of(
        "a lost audit record is no alarm",
        "http/police.py",
        "            logger.exception(\n"
        '                "audit record lost", extra={"alarm": "audit-lost", "request_id": request.request_id}\n'
        "            )\n",
        "",
        *_AUDIT,
    ),
    of(
        "a record is kept for ever",
        "http/police.py",
        "            keep_days=keep_days,\n",
        "            keep_days=36_500,\n",
        *_AUDIT,
    ),
    of(
        "a search of the trail leaves none itself",
        "services/audit.py",
        "        self.audit.record([asked])\n",
        "",
        "tests/services/test_audit.py",
    ),
    of(
        "what is past its retention is shown",
        "aws/audit.py",
        'if number(item, "expires_at") > now]',
        "]",
        "tests/aws/test_admin_stores.py",
    ),
    # Terminals
    of(
        "an older key set put in place by hand is used",
        "offline/folder.py",
        "        if keys.version < seen:\n",
        "        if False:\n",
        *_OFFLINE,
    ),
    of(
        "an older list put in place by hand is used",
        "offline/folder.py",
        "        if held.iat < self._seen().lists.get(uri, 0):\n",
        "        if False:\n",
        *_OFFLINE,
    ),
    of(
        "the first key set needs no digest",
        "offline/folder.py",
        "if pin is None and not first_on_trust:",
        "if False:",
        *_OFFLINE,
    ),
    of(
        "another key set than the pinned one is taken",
        "offline/folder.py",
        "if pin is not None and keys.digest != pin.lower():",
        "if False:",
        *_OFFLINE,
    ),
    of(
        "unchecked is plainly valid",
        "offline/cli.py",
        'if answer.verdict is Verdict.VALID and answer.status_checked == "none":',
        "if False:",
        *_OFFLINE,
    ),
    of(
        "redirects are followed",
        "offline/download.py",
        "urllib.request.build_opener(_NoRedirects)",
        "urllib.request.build_opener()",
        "tests/offline/test_download.py",
    ),
)
