"""The mistakes: one place in one file each, and the fast tests of which at least one must fail."""

from __future__ import annotations

from tests.mutants.mutant import Mutant
from tests.mutants.mutant import of as _of
from tests.mutants.operations import OPERATIONS
from tests.mutants.verification import VERIFICATION

_VERIFY = ("tests/services/test_verify.py",)
_WIRE = ("tests/wire/test_hostile.py", "tests/wire/test_verify.py")
_BACKFILL = ("tests/services/test_backfill.py", "tests/services/test_issue.py")
_CONDITIONS = ("tests/aws/test_conditions.py",)
_EDGE = ("tests/http/test_edge.py",)
_SHARE = ("tests/services/test_share.py",)

MUTANTS: tuple[Mutant, ...] = (
    # Verification
    _of(
        "any signature will do",
        "wire/signature.py",
        "        public_key.verify(der_from_raw(raw), message, _ES256)\n",
        "        der_from_raw(raw)\n",
        *_WIRE,
    ),
    _of(
        "any issuer will do",
        "wire/verify.py",
        "if claims.iss not in key.issuer_codes:",
        "if False:",
        *_WIRE,
    ),
    _of(
        "a key signs at any time",
        "wire/keys.py",
        " and key.signs_at(iat)]",
        "]",
        "tests/wire/test_keys.py",
        *_WIRE,
    ),
    _of(
        "a key signs for any purpose",
        "wire/keys.py",
        "if key.purpose == purpose and ",
        "if ",
        "tests/wire/test_keys.py",
        *_WIRE,
    ),
    _of(
        "a compromised key counts",
        "wire/keys.py",
        "if key.revoked_at is None]",
        "]",
        "tests/wire/test_keys.py",
        *_WIRE,
    ),
    _of(
        "lengths need not be the real ones",
        "wire/jb1.py",
        "if _argument(uri_head) != len(uri) or _argument(plate_head) != len(plate_utf8):",
        "if False:",
        *_WIRE,
    ),
    _of(
        "a plate need not be in composed form",
        "wire/jb1.py",
        'if not plate.isalnum() or not unicodedata.is_normalized("NFC", plate):',
        "if not plate.isalnum():",
        "tests/wire/test_shape.py",
        *_WIRE,
    ),
    _of(
        "spare bits may be set",
        "wire/code_text.py",
        "if spare_bits >= 5 or number & (1 << spare_bits) - 1:",
        "if spare_bits >= 5:",
        "tests/wire/test_code_text.py",
    ),
    _of(
        "a certificate is valid for one more second",
        "wire/verify.py",
        "if now >= verified.claims.exp:",
        "if now > verified.claims.exp:",
        *_VERIFY,
    ),
    _of(
        "the future is too near by a second",
        "wire/verify.py",
        "> now + CLOCK_SKEW:",
        ">= now + CLOCK_SKEW:",
        *_VERIFY,
    ),
    _of(
        "whatever the state, it is valid",
        "wire/verify.py",
        "    return _BY_STATUS.get(status, Verdict.VALID)",
        "    return Verdict.VALID",
        *_VERIFY,
    ),
    _of(
        "what was never issued is valid",
        "services/verify.py",
        'if verdict is Verdict.VALID and state.checked == "store" and state.certificate is None:',
        "if False:",
        *_VERIFY,
    ),
    _of(
        "claims need not be the stored ones",
        "services/verify.py",
        "if certificate is None or certificate.claims != claims:",
        "if certificate is None:",
        *_VERIFY,
    ),
    _of(
        "no alarm for what was never issued",
        "services/verify.py",
        '            self.on_alarm("a certificate that our key has signed is not in the store")\n',
        "",
        *_VERIFY,
    ),
    _of(
        "police leave no record",
        "http/police.py",
        "            audit.record(entries)\n",
        "            pass\n",
        "tests/http/test_police_audit.py",
    ),
    # Issuing
    _of(
        "a hold is not looked at",
        "domain/eligibility.py",
        "    if held:\n",
        "    if False:\n",
        *_BACKFILL,
    ),
    _of(
        "a hold does not stop what was reserved",
        "services/issue.py",
        "        if record.hold is not None:\n            raise Refusal(Reason.HOLD)\n",
        "",
        "tests/services/test_issue_checks.py",
    ),
    _of(
        "the first reason is not the first",
        "domain/eligibility.py",
        """        raise Refusal(Reason.PLATE_CLASS_NOT_ELIGIBLE)
    if held:
        raise Refusal(Reason.HOLD)
""",
        """        raise Refusal(Reason.PLATE_CLASS_NOT_ELIGIBLE)
    if policy.blocks_issue(vehicle.state):
        raise Refusal(Reason.STATE_BLOCKED)
    if held:
        raise Refusal(Reason.HOLD)
""",
        "tests/domain/test_eligibility.py",
    ),
    _of(
        "an inspection lasts one more day",
        "domain/eligibility.py",
        "    if valid_until < on:\n",
        "    if valid_until <= on:\n",
        "tests/domain/test_eligibility.py",
    ),
    _of(
        "what was signed is not checked",
        "services/issue.py",
        "        if verified.claims != issuance.claims:\n",
        "        if False:\n",
        "tests/services/test_issue_checks.py",
    ),
    _of(
        "what is to be signed is not checked",
        "services/issue.py",
        "        if jb1.decode_payload(payload) != issuance.claims:\n",
        "        if False:\n",
        "tests/services/test_issue_checks.py",
    ),
    _of(
        "the old certificate stays active",
        "services/issue.py",
        "self.certificates.commit(certificate, supersedes=ends)",
        "self.certificates.commit(certificate, supersedes=None)",
        *_BACKFILL,
    ),
    _of(
        "an equal end of validity is a later one",
        "domain/certificate.py",
        "wanted.valid_until > active.valid_until",
        "wanted.valid_until >= active.valid_until",
        *_BACKFILL,
    ),
    _of(
        "two rows of one vehicle share a batch",
        "services/backfill.py",
        "if len(batch) == BATCH or keys & seen:",
        "if len(batch) == BATCH:",
        *_BACKFILL,
    ),
    _of(
        "a row seen again is somebody else's",
        "services/backfill.py",
        "if certificate and certificate.data and certificate.issuance.cause == self.ledger.cause(row.raw):",
        "if False:",
        *_BACKFILL,
    ),
    _of(
        "vehicles that somebody else stored are signed for",
        "services/backfill.py",
        "[issuance for issuance in issuances if issuance.vin in stored]",
        "list(issuances)",
        *_BACKFILL,
    ),
    _of(
        "what a former owner opened stays open",
        "services/registrar.py",
        "if not before or before == known.vehicle.owner_ref:",
        "if True:",
        "tests/services/test_ledger_reports.py",
        "tests/services/test_events.py",
    ),
    _of(
        "a ledger's state ends nothing",
        "domain/register.py",
        "ends = policy is not None and policy.revocation_cause(vehicle.state) is not None",
        "ends = False",
        "tests/services/test_ledger_reports.py",
    ),
    _of(
        "the plate of a newer report is taken",
        "services/registrar.py",
        "if _given(bearer.registered) > given:",
        "if False:",
        "tests/services/test_ledger_reports.py",
        "tests/services/test_events.py",
    ),
    _of(
        "a plate pointer is taken by itself",
        "services/registrar.py",
        "return known, vin, ((bearer, VehicleChange(bearer.registered, bearer.hold, now, by)),)",
        "return known, vin, ()",
        "tests/services/test_plate_race.py",
    ),
    _of(
        "a second plate in the same ledger is passed over",
        "services/backfill.py",
        "if self.ledger.disagrees(stored, vehicle):",
        "if False:",
        "tests/services/test_ledger_disagrees.py",
    ),
    _of(
        "what was voided was issued",
        "services/backfill.py",
        "if certificate and certificate.data and ",
        "if certificate and ",
        "tests/services/test_plate_race.py",
    ),
    _of(
        "a row issues what was had elsewhere",
        "domain/reports.py",
        "return kept if self.elsewhere and longer",
        "return kept if False and longer",
        "tests/services/test_ledger_reports.py",
        "tests/services/test_events.py",
    ),
    _of(
        "what was applied for is forgotten with the next event",
        "domain/history.py",
        "return replace(replay(base, history, policy, report.stamp), applied=known.applied)",
        "return replay(base, history, policy, report.stamp)",
        "tests/domain/test_history.py",
    ),
    _of(
        "a certificate of a compromised key is active to its owner",
        "services/access.py",
        "if not marks or is_terminal(State(certificate.status)):",
        "if True:",
        "tests/services/test_my_vehicles.py",
    ),
    _of(
        "the older report wins",
        "domain/reports.py",
        "known.stamp_of(name) < stamp}",
        "known.stamp_of(name) > stamp}",
        "tests/domain/test_register.py",
    ),
    _of(
        "of two reports with one stamp the later comer wins",
        "domain/reports.py",
        "known.stamp_of(name) < stamp}",
        "known.stamp_of(name) <= stamp}",
        "tests/domain/test_register.py",
    ),
    _of(
        "the rest of a chunk is forgotten",
        "services/launches.py",
        '"left": start < end and stopped is None',
        '"left": False',
        "tests/services/test_launches.py",
    ),
    # Stores
    _of(
        "a vehicle is overwritten unread",
        "aws/vehicles.py",
        '                "ConditionExpression": "#v = :v",\n'
        '                "ExpressionAttributeNames": {"#v": "version"},\n'
        '                "ExpressionAttributeValues": {":v": {"N": str(known.version)}},\n',
        "",
        *_CONDITIONS,
    ),
    _of(
        "a certificate is overwritten",
        "aws/certificates.py",
        '            "ConditionExpression": "attribute_not_exists(certificate_id)",\n',
        "",
        *_CONDITIONS,
    ),
    _of(
        "a step is taken whatever came between",
        "aws/certificates.py",
        '"ConditionExpression": "steps = :before"',
        '"ConditionExpression": "steps = :before OR attribute_exists(certificate_id)"',
        *_CONDITIONS,
    ),
    _of(
        "superseding is not part of the transaction",
        "aws/certificates.py",
        "[put, *step(self._tables, ended)]",
        "[put]",
        *_CONDITIONS,
    ),
    _of(
        "a store does not look at the hold",
        "aws/vehicles.py",
        '        if record.hold:\n            raise Stale("vehicle is on hold")\n',
        "",
        *_CONDITIONS,
    ),
    # Sharing
    _of(
        "a withdrawn link opens",
        "services/share.py",
        "        if share.withdrawn_at is not None:\n",
        "        if False:\n",
        *_SHARE,
    ),
    _of(
        "a link lasts one more second",
        "services/share.py",
        "        if now >= share.expires_at:\n",
        "        if now > share.expires_at:\n",
        *_SHARE,
    ),
    _of(
        "tokens are stored as they are",
        "services/share.py",
        "    return hashlib.sha256(token.encode()).hexdigest()",
        "    return token",
        *_SHARE,
    ),
    _of(
        "a revoked certificate is shown",
        "services/share.py",
        "if certificate.status in {State.SUPERSEDED, State.REVOKED}:",
        "if certificate.status in {State.SUPERSEDED}:",
        *_SHARE,
    ),
    _of(
        "a stranger reads a certificate",
        "services/access.py",
        "        return self.relation(person, record) is not None",
        "        return True",
        "tests/services/test_access.py",
    ),
    _of(
        "whoever has asked is bound",
        "services/access.py",
        "is BindingState.APPROVED",
        "is not None",
        "tests/services/test_access.py",
    ),
    # HTTP
    _of("any body is read", "http/edge.py", "if len(self.raw_body) > max_bytes:", "if False:", *_EDGE),
    _of("NaN is a number", "http/edge.py", "                parse_constant=_refuse,\n", "", *_EDGE),
    _of(
        "unknown fields are let in",
        "http/schemas/parts.py",
        '"additionalProperties": False, **more',
        "**more",
        "tests/http/test_openapi.py",
        *_EDGE,
    ),
    _of(
        "another person's cursor is read",
        "http/pages.py",
        "if data[:_DIGEST] != _owner(person):",
        "if False:",
        "tests/http/test_paging.py",
    ),
    _of(
        "logs quote what was sent",
        "log.py",
        "        record.exc_info = record.exc_text = None\n",
        "",
        "tests/test_log.py",
    ),
    # Deployment
    _of(
        "police verification asks for no scope",
        "infra/template.yaml",
        """            Path: /v1/police/verify
            Auth: {Authorizer: Tokens, AuthorizationScopes: [jianbiao/police]}
""",
        """            Path: /v1/police/verify
""",
        "tests/http/test_openapi.py",
    ),
    *VERIFICATION,
    *OPERATIONS,
)
