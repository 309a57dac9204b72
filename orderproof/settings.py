"""Settings: environment variables `ORDERPROOF_*`, else lines of the data folder's settings file.

This is the only place that reads the environment.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from archive.layout import Layout
from orderproof.errors import CommandError

SETTINGS_FILE = "settings.toml"

_S = TypeVar("_S", bound="BucketSettings")


class BucketSettings(BaseSettings):
    """How a bucket is reached, which reading one needs to know where there is no data folder."""

    model_config = SettingsConfigDict(env_prefix="ORDERPROOF_", extra="ignore", frozen=True)

    s3_endpoint_url: str | None = Field(
        default=None,
        pattern="^https?://[^/@]+/?$",
        description="Address of the S3 server, without a user in it. Without it: AWS.",
    )
    s3_sse: Literal["none", "AES256", "aws:kms"] = Field(
        default="none",
        description="What the bucket is asked to encrypt each object with; it is read back.",
    )
    s3_sse_kms_key_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="Id, ARN or alias of the KMS key, with `aws:kms`.",
    )
    s3_wait: float = Field(
        default=30.0,
        ge=0,
        le=3600,
        description="Seconds that a command goes on trying where the bucket does not answer.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over files of secrets, and those over the settings file."""
        return env_settings, file_secret_settings, init_settings


class Settings(BucketSettings):
    """Every setting, with its meaning. An environment variable wins over the settings file."""

    model_config = SettingsConfigDict(env_prefix="ORDERPROOF_", extra="forbid", frozen=True)

    origin: str = Field(
        min_length=1,
        max_length=200,
        description="Name of the log, in every checkpoint: an address that the seller owns, "
        "without scheme, such as `proof.example.com/shop`. Fixed once something is archived.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="`postgresql+psycopg2://…` of a PostgreSQL server. Without it an embedded one "
        "is started in the data folder.",
    )
    database_wait: float = Field(
        default=30.0,
        ge=0,
        le=3600,
        description="Seconds that a command waits for the server of `database_url` to answer.",
    )
    archive_url: str | None = Field(
        default=None,
        description="Where the archive is: `file:///…` or `s3://bucket/prefix`. Without it: "
        "`archive/` in the data folder.",
    )
    layout: Layout = Field(
        default=Layout.PER_ORDER,
        description="How the archive keeps the histories of orders: `per-order`, a file for each, "
        "or `pack`, up to 4,096 in a file, for more than about 100,000 orders.",
    )

    seller_seat: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}$",
        description="ISO 3166 code of the country where the seller's seat is. Its laws decide, "
        "beside those of the country that an order goes to, how long the order is kept.",
    )
    vat_schemes: str = Field(
        default="",
        description="VAT schemes that the seller uses, with commas: `OSS`, `IOSS`, `UK-OSS`.",
    )

    quiet_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="An order is sealed when it is closed and nothing was recorded of it for so "
        "many days.",
    )
    archive_every_hours: float = Field(
        default=24.0,
        ge=0.001,
        le=24 * 366,
        description="How often `orderproof worker archive` starts a run.",
    )
    drill_every_days: float = Field(
        default=7.0,
        ge=0.001,
        le=3660,
        description="How often `orderproof worker archive` compares random histories of the "
        "archive with the store.",
    )
    drill_histories: int = Field(
        default=20,
        ge=1,
        le=100_000,
        description="How many histories a drill compares.",
    )
    tsa_urls: str = Field(
        default="",
        description="Addresses of timestamp authorities (RFC 3161), with commas. Each stamps every "
        "archive run; `orderproof key authority add` puts their certificates into the keyring.",
    )
    witness_urls: str = Field(
        default="",
        description="Addresses of witnesses (C2SP tlog-witness), with commas. Each is asked to "
        "cosign the newest checkpoint; `orderproof key witness add` puts their keys into the "
        "keyring.",
    )

    evidence_max_mib: int = Field(
        default=25,
        ge=1,
        le=100,
        description="MiB that a file may have which is attached to an order as evidence.",
    )
    evidence_certificate: Path | None = Field(
        default=None,
        description="PEM file with the certificate that somebody issued for the evidence key, and "
        "those above it. Without it: one that the key signed itself.",
    )
    font_path: Path | None = Field(
        default=None,
        description="Folder with fonts for evidence packs, beside the machine's own.",
    )

    trusted_proxies: str = Field(
        default="",
        description="Addresses of proxies in front of `orderproof serve`, with commas: what they "
        "say of who asks is believed. Without it nobody is believed.",
    )

    oidc_issuer: str = Field(
        default="",
        description="Issuer of an OpenID provider, such as `https://id.example.com/realms/shop`: "
        "access tokens that it signs let in whom `orderproof token new --subject` named.",
    )
    oidc_audience: str = Field(
        default="",
        description="What its access tokens have to be for (`aud`): a name of this service's own, "
        "never the id of a client, as then anybody's login there would do.",
    )
    oidc_clients: str = Field(
        default="",
        description="Clients that may ask for them (`azp` or `client_id`), with commas. Without "
        "it: any.",
    )
    oidc_keys_url: str = Field(
        default="",
        description="Where its keys are, if at another host than it is. Without it: as its "
        "configuration says.",
    )

    kms_key_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="Id, ARN or alias of the AWS KMS key that encrypts the key-encryption key. "
        "Read by `init`; later only to name another KMS key that decrypts the same.",
    )

    @field_validator("origin")
    @classmethod
    def _named_in_checkpoints(cls, value: str) -> str:
        if not re.fullmatch(r"[!-*,-~]+", value):
            raise ValueError("say an address in ASCII letters, without spaces and without +")
        return value

    @field_validator("vat_schemes")
    @classmethod
    def _known_schemes(cls, value: str) -> str:
        schemes = {name.strip() for name in value.split(",")} - {""}
        if unknown := schemes - {"OSS", "IOSS", "UK-OSS"}:
            raise ValueError(f"say OSS, IOSS or UK-OSS, not {min(unknown)!r}")
        return ",".join(sorted(schemes))

    @field_validator("tsa_urls", "witness_urls")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for url in urls(value):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
                raise ValueError("say http:// or https:// addresses, without a login")
        return value

    @field_validator("oidc_issuer", "oidc_keys_url")
    @classmethod
    def _safe_address(cls, value: str) -> str:
        parts = urlsplit(value)
        inside = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        if value and (not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment):
            raise ValueError("say an https:// address, without a login")
        if value and not inside and parts.scheme != "https":
            raise ValueError("say an https:// address; http:// on this machine alone")
        return value

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        if bool(self.oidc_issuer) != bool(self.oidc_audience):
            raise ValueError("oidc_issuer and oidc_audience go together")
        return self

    @field_validator("archive_url")
    @classmethod
    def _supported_archive(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("file:///", "s3://")):
            raise ValueError("say file:///… or s3://bucket/prefix")
        return value

    @field_validator("database_url")
    @classmethod
    def _supported_driver(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("postgresql+psycopg2://", "postgresql://")
        ):
            raise ValueError("say postgresql+psycopg2://…")
        return value


def urls(value: str) -> list[str]:
    """Return the addresses of a setting that lists them with commas."""
    return [url.strip() for url in value.split(",") if url.strip()]


def data_folder(option: Path | None) -> Path:
    """Return the data folder: the option, else `ORDERPROOF_DATA`, else `./orderproof-data`."""
    return (option or Path(os.environ.get("ORDERPROOF_DATA") or "orderproof-data")).absolute()


def wanted_origin() -> str | None:
    """Return the origin that the environment asks for, before a settings file exists."""
    return os.environ.get("ORDERPROOF_ORIGIN")


def wanted_fonts() -> Path | None:
    """Return the folder of fonts that the environment names, where there is no data folder."""
    named = os.environ.get("ORDERPROOF_FONT_PATH")
    return Path(named) if named else None


def plain_environment(origin: str) -> dict[str, str]:
    """Return the environment for a run of our own that must not meet anybody's installation."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("ORDERPROOF_")}
    return {**kept, "ORDERPROOF_ORIGIN": origin, "PYTHONIOENCODING": "utf-8"}


def load(data: Path) -> Settings:
    """Read the settings of an initialised data folder.

    Raises:
        CommandError: the folder is not initialised, or a setting cannot be used.
    """
    file = data / SETTINGS_FILE
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandError(
            f"{data} is not a data folder yet. Run `orderproof init` first, "
            "or name another folder with --data."
        ) from None
    except NotADirectoryError:
        raise CommandError(f"{data} is a file. Name a folder with --data.") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text") from error


def for_buckets(data: Path | None) -> BucketSettings:
    """Return how buckets are reached: as the data folder says, if there is one, else as the
    environment does.

    Raises:
        CommandError: a setting cannot be used.
    """
    folder = data_folder(data)
    if (folder / SETTINGS_FILE).is_file():
        return load(folder)
    return _checked(BucketSettings, {})


def parse(text: str) -> Settings:
    """Read the text of a settings file, with the environment over it.

    Raises:
        CommandError: it is no TOML, or a setting cannot be used.
    """
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{SETTINGS_FILE} of the data folder is no TOML: {error}") from error
    return _checked(Settings, values)


def _checked(kind: type[_S], values: dict[str, Any]) -> _S:
    folder = os.environ.get("ORDERPROOF_SECRETS")
    if folder is not None and not Path(folder).is_dir():
        raise CommandError("ORDERPROOF_SECRETS is no folder that can be read")
    try:
        return kind(**{"_secrets_dir": folder, **values})
    except ValidationError as error:
        # Only names and reasons: a value may be a password.
        reasons = "; ".join(
            _reason(".".join(map(str, problem["loc"])), problem["msg"])
            for problem in error.errors()
        )
        raise CommandError(
            f"a setting cannot be used: {reasons}. The settings are explained in "
            "docs/reference/settings.md."
        ) from None


def _reason(name: str, message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not name:
        return message  # of several that do not go together
    if name not in Settings.model_fields:
        return f"{name} in the settings file is none that is known"
    return f"{name} (or ORDERPROOF_{name.upper()}): {message}"
