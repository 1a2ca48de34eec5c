"""Cognito's pre-token-generation trigger (V2_0): who a citizen is, in the access token.

The pool keeps `person_ref` and `division` as attributes that only an administrator can write; access tokens carry
no attributes by themselves. A user of the pool is a citizen, so the scope is added here, too, and the scope for
changing one's own attributes is taken away: an access token is for our API alone. A user without one of the two
attributes gets a token without it, and our functions answer 403 `token-incomplete`.

Not named token.py: the function's directory comes first on the import path, and would hide the standard library's
`token`, which traceback and inspect need.
"""

from __future__ import annotations

from typing import Any

CITIZEN_SCOPE = "jianbiao/citizen"
SELF_SERVICE_SCOPE = "aws.cognito.signin.user.admin"
CLAIMS = ("person_ref", "division")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event and answer of the trigger, "Pre token generation Lambda trigger" in Amazon's developer guide."""
    attributes = event["request"]["userAttributes"]
    claims = {name: attributes[f"custom:{name}"] for name in CLAIMS if attributes.get(f"custom:{name}")}
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": claims,
            "scopesToAdd": [CITIZEN_SCOPE],
            "scopesToSuppress": [SELF_SERVICE_SCOPE],
        },
    }
    return event
