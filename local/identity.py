"""Sample users of the deployed identity provider, and their tokens.

Nothing is made up here: users are created through the administrator's calls, sign in like users do, and the
machines get theirs by client credentials at the pool's token endpoint.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import secrets
import string
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local.clients import Operator
from local.ledger_scenarios import PEOPLE

CLIENTS = {"citizen_portal": "PortalClientId"}
"""Through which client a person comes in, where it is not the app."""
MACHINES = ("police", "registry", "office", "admin")


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
        for name, person in PEOPLE.items():
            attributes = [
                {"Name": "custom:person_ref", "Value": person.person_ref},
                {"Name": "custom:division", "Value": person.division},
            ]
            try:
                cognito.admin_create_user(
                    UserPoolId=pool,
                    Username=name,
                    UserAttributes=attributes,
                    MessageAction="SUPPRESS",
                    TemporaryPassword=_password(),
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "UsernameExistsException":
                    raise
            self._passwords[name] = _password()
            cognito.admin_set_user_password(
                UserPoolId=pool, Username=name, Password=self._passwords[name], Permanent=True
            )
        for machine in MACHINES:
            described = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=self._client_id(machine))
            self._secrets[machine] = described["UserPoolClient"]["ClientSecret"]

    def tokens(self) -> dict[str, str]:
        """Fresh access tokens by name."""
        cognito = self.operator.client("cognito-idp")
        found = {name: self._sign_in(cognito, name) for name in PEOPLE}
        return found | {machine: self._client_credentials(machine) for machine in MACHINES}

    def _client_id(self, machine: str) -> str:
        return self.outputs[f"{machine.capitalize()}ClientId"]

    def _sign_in(self, cognito: Any, name: str) -> str:
        answer = cognito.admin_initiate_auth(
            UserPoolId=self.outputs["UserPoolId"],
            ClientId=self.outputs[CLIENTS.get(name, "AppClientId")],
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": self._passwords[name]},
        )
        return str(answer["AuthenticationResult"]["AccessToken"])

    def _client_credentials(self, machine: str) -> str:
        """RFC 6749 4.4, at the token endpoint. (The emulator serves it at its own address, for every pool.)"""
        client = self._client_id(machine)
        basic = base64.b64encode(f"{client}:{self._secrets[machine]}".encode()).decode()
        form = {"grant_type": "client_credentials", "scope": f"jianbiao/{machine}"}
        connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(self.operator.endpoint).netloc, timeout=30
        )
        with contextlib.closing(connection):
            connection.request(
                "POST",
                "/oauth2/token",
                body=urllib.parse.urlencode(form),
                headers={
                    "Authorization": f"Basic {basic}",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
            return str(json.load(connection.getresponse())["access_token"])
