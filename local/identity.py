"""Sample users of the deployed identity provider, and their tokens.

Nothing is made up here: users are created through the administrator's calls, sign in like users do, and the
machines get theirs by client credentials at the pool's token endpoint.
"""

from __future__ import annotations

import base64
import json
import secrets
import string
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local.clients import Operator


@dataclass(frozen=True, slots=True)
class User:
    """A sample citizen: the name of the token, who it is, and through which client it comes in."""

    name: str
    person_ref: str
    division: str
    client: str = "AppClientId"


USERS = (
    User("citizen", "p-citizen-1", "230100"),
    User("citizen_2", "p-citizen-2", "230100"),
    User("citizen_other_division", "p-citizen-3", "230200"),
    User("citizen_portal", "p-portal-1", "230100", "PortalClientId"),
)
MACHINES = ("police", "registry", "office", "admin")
OWNERS = {user.person_ref: user.name for user in USERS}
"""Owner in the ledger → name of the token."""


def _password() -> str:
    """A random password that any policy of ours accepts."""
    letters = string.ascii_letters + string.digits
    return "Aa1!" + "".join(secrets.choice(letters) for _ in range(28))


@dataclass(slots=True)
class Identities:
    """Signs the sample users and machines in."""

    operator: Operator
    outputs: Mapping[str, str]
    _passwords: dict[str, str] = field(default_factory=dict, repr=False)
    _secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def prepare(self) -> None:
        """Create the users that are not there, and give each a new password that nobody else knows."""
        cognito, pool = self.operator.client("cognito-idp"), self.outputs["UserPoolId"]
        for user in USERS:
            attributes = [
                {"Name": "custom:person_ref", "Value": user.person_ref},
                {"Name": "custom:division", "Value": user.division},
            ]
            try:
                cognito.admin_create_user(
                    UserPoolId=pool,
                    Username=user.name,
                    UserAttributes=attributes,
                    MessageAction="SUPPRESS",
                    TemporaryPassword=_password(),
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "UsernameExistsException":
                    raise
            self._passwords[user.name] = _password()
            cognito.admin_set_user_password(
                UserPoolId=pool, Username=user.name, Password=self._passwords[user.name], Permanent=True
            )
        for machine in MACHINES:
            described = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=self._client_id(machine))
            self._secrets[machine] = described["UserPoolClient"]["ClientSecret"]

    def tokens(self) -> dict[str, str]:
        """Fresh access tokens by name."""
        cognito = self.operator.client("cognito-idp")
        found = {user.name: self._sign_in(cognito, user) for user in USERS}
        return found | {machine: self._client_credentials(machine) for machine in MACHINES}

    def _client_id(self, machine: str) -> str:
        return self.outputs[f"{machine.capitalize()}ClientId"]

    def _sign_in(self, cognito: Any, user: User) -> str:
        answer = cognito.admin_initiate_auth(
            UserPoolId=self.outputs["UserPoolId"],
            ClientId=self.outputs[user.client],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user.name, "PASSWORD": self._passwords[user.name]},
        )
        return str(answer["AuthenticationResult"]["AccessToken"])

    def _client_credentials(self, machine: str) -> str:
        """RFC 6749 4.4, at the token endpoint. (The emulator serves it at its own address, for every pool.)"""
        client = self._client_id(machine)
        basic = base64.b64encode(f"{client}:{self._secrets[machine]}".encode()).decode()
        form = {"grant_type": "client_credentials", "scope": f"jianbiao/{machine}"}
        request = urllib.request.Request(
            f"{self.operator.endpoint}/oauth2/token",
            data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return str(json.load(answer)["access_token"])
