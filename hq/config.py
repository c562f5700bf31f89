"""Head office's configuration file: every key with its type, bounds and meaning, declared once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

CONFIG_MAX_BYTES = 64 * 1024
SECRET_MAX_BYTES = 4_096

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Language = Literal["zh-Hans", "zh-Hant", "en"]


class ConfigError(Exception):
    """The file cannot be used; the message names the file, the key and what was expected."""


class OfficeConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Head office itself."""

    tenant: Annotated[Name, Meta(description="Id of the company, as in the topics of its stores.")]
    receiver: Annotated[
        Name, Meta(description="Name of this receiver; each of several that share the work has its own.")
    ] = "hq-1"
    timezone: Annotated[str, Meta(description="IANA time zone whose day the wall calls today.")] = "Asia/Shanghai"
    day_starts_hour: Annotated[int, Meta(ge=0, le=12, description="Hour at which a new business date begins.")] = 0


class BrokerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The MQTT 5 broker that the stores talk to."""

    host: Annotated[str, Meta(min_length=1, description="Host of the broker.")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port of the broker.")] = 1883
    username: Annotated[str, Meta(description="User at the broker; empty: none.")] = ""
    password_file: Annotated[
        str, Meta(description="File that holds the password; a bare name is looked up among systemd's credentials.")
    ] = ""
    tls_ca: Annotated[str, Meta(description="File of the certificate authority; empty: no TLS.")] = ""
    tls_cert: Annotated[str, Meta(description="File of head office's certificate.")] = ""
    tls_key: Annotated[str, Meta(description="File of head office's key.")] = ""
    keepalive_s: Annotated[int, Meta(ge=5, le=600, description="Seconds between signs of life.")] = 30


class DatabaseConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where everything is kept."""

    url: Annotated[str, Meta(description="sqlite:///hq.db (relative to this file) or postgresql://user@host/name.")] = (
        "sqlite:///hq.db"
    )
    url_file: Annotated[str, Meta(description="File that holds the url, where it contains a password.")] = ""


class WallConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page that shows every store."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port to listen on.")] = 8490
    names: Annotated[
        tuple[str, ...], Meta(max_length=20, description="Further host names under which the wall is reached.")
    ] = ()
    language: Annotated[Language, Meta(description="Language of a first visit.")] = "zh-Hans"
    languages: Annotated[tuple[Language, ...], Meta(min_length=1, description="Languages that the wall offers.")] = (
        "zh-Hans",
        "zh-Hant",
        "en",
    )


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole configuration file."""

    office: OfficeConfig
    broker: BrokerConfig = BrokerConfig()
    database: DatabaseConfig = DatabaseConfig()
    wall: WallConfig = WallConfig()


def load(path: Path) -> Config:
    """Return the configuration of a TOML file. Raises ConfigError."""
    try:
        text = path.read_bytes()[: CONFIG_MAX_BYTES + 1]
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    if len(text) > CONFIG_MAX_BYTES:
        raise ConfigError(f"{path}: larger than {CONFIG_MAX_BYTES} bytes")
    try:
        config = msgspec.toml.decode(text, type=Config)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    if config.wall.language not in config.wall.languages:
        raise ConfigError(f"{path}: wall.language {config.wall.language} is not among wall.languages")
    return config


def secret(name: str, folder: Path) -> str | None:
    """Return the first line of a secret's file, or None for an empty name. Raises ConfigError.

    Args:
        name: a path, relative to the configuration; a bare name is looked up among systemd's credentials first.
    """
    if not name:
        return None
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    path = folder / name
    if credentials and "/" not in name and (Path(credentials) / name).exists():
        path = Path(credentials) / name
    try:
        return path.read_text(encoding="utf-8")[:SECRET_MAX_BYTES].split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"secret {name}: {type(error).__name__}") from error


def database_url(config: DatabaseConfig, folder: Path) -> str:
    """Return the url of the database, a relative SQLite path made absolute. Raises ConfigError."""
    url = secret(config.url_file, folder) or config.url
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return f"{prefix}{(folder / url.removeprefix(prefix)).resolve()}"
    return url
