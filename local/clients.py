"""boto3 clients of the operator for the local AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config


@dataclass(frozen=True, slots=True)
class Operator:
    """Credentials of the account itself, on one endpoint. The account number is the access key (emulator's rule)."""

    endpoint: str
    region: str
    account: str

    def client(self, service: str, **settings: Any) -> Any:
        """A client that reaches the local AWS alone, whatever the user's own AWS settings are."""
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 2},
            connect_timeout=5,
            read_timeout=60,
            proxies={},
            s3={"addressing_style": "path"},
            **settings,
        )
        session = boto3.Session(
            aws_access_key_id=self.account,
            aws_secret_access_key="test",  # noqa: S106 - what the emulator takes for every account
            region_name=self.region,
        )
        return session.client(service, endpoint_url=self.endpoint, config=config)
