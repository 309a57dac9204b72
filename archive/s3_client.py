"""boto3's client, as every request of ours is made with."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3  # type: ignore[import-untyped]
import botocore.loaders  # type: ignore[import-untyped]
import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Credentials:
    """An access key of its own, where boto3's usual chain shall not be asked."""

    key_id: str
    secret: str = field(repr=False)


def connect(
    endpoint: str | None,
    credentials: Credentials | None = None,
    *,
    connections: int = 16,
    tries: int = 1,
) -> Any:
    """Return boto3's client, as every request of ours is made with."""
    # The usual chain is asked anew each time; the large files that it reads are the same.
    session = _new_session() if credentials is None else _session()
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=connections,
        retries={"mode": "standard", "max_attempts": tries},
        # We send and compare digests of our own; a bad one must come to the verifier.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if endpoint else {},
    )
    # A server of one's own has no regions, but the signature wants one.
    region = session.region_name or ("us-east-1" if endpoint else None)
    return session.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        config=config,
        aws_access_key_id=credentials.key_id if credentials else None,
        aws_secret_access_key=credentials.secret if credentials else None,
    )


@cache
def _session() -> Any:
    """Return one session for all clients with keys of their own."""
    return _new_session()


def _new_session() -> Any:
    """Return a session that shares what boto3 reads about its services with all others."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
    return boto3.session.Session(botocore_session=core)


@cache
def _loader(data_path: str | None) -> Any:
    """Return what reads boto3's descriptions of services, each of them once."""
    return botocore.loaders.create_loader(data_path)
