"""Settings: every one from the environment (``SHOWRUNNER_…``) or a TOML file; secrets from the environment only."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

MAX_PORT = 65_535
MAX_PROCESSES = 256
SECRETS = frozenset({"producer_key", "payment_key", "channel_keys"})
"""Settings that a file may not hold."""


class SettingsError(Exception):
    """The settings are not usable; the message lists what is wrong, line by line, and no secret."""


class FeedSettings(BaseSettings):
    """How a process that serves the feed runs, whatever else it does.

    Attributes:
        show: the show's folder.
        host, port: where it listens; port 0 takes a free one.
        redis_url: where the cue log lives when it is not embedded.
        max_viewers: viewers held at once by one process.
        max_viewers_per_channel: of those, on one channel; 0 is no limit.
        max_viewers_per_address: of those, from one public address (IPv6: one /64); 0 is no limit. A mobile carrier puts
            thousands of subscribers behind one address. Private and loopback addresses, which a proxy in front has,
            are never limited.
        handshakes_per_second: feed connections one process takes a second; the others are told to come back a
            little later. 0 is no limit.
        heartbeat_s: idle viewers hear a sign of life this often.
    """

    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="forbid", frozen=True)

    show: Path
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 8080
    redis_url: SecretStr | None = None
    max_viewers: Annotated[int, Field(ge=1)] = 18_000
    max_viewers_per_channel: Annotated[int, Field(ge=0)] = 0
    max_viewers_per_address: Annotated[int, Field(ge=0)] = 4_000
    handshakes_per_second: Annotated[int, Field(ge=0)] = 4_000
    heartbeat_s: Annotated[float, Field(gt=0)] = 25.0


class Settings(FeedSettings):
    """How one process that does everything runs.

    Attributes:
        data: where its state lives.
        public_url: the address people reach it by, when that is not the one it listens on.
        producer_key: signs producer tokens, at least 32 bytes.
        channel_keys: channel → the key its viewer tokens are signed with, at least 32 bytes.
        payment_key: signs payment notifications (Standard Webhooks, ``whsec_…``).
        sandbox_payments: take payments from the sandbox gateway in this process instead of a real one.
        guest_tokens_per_minute: guest tokens one address may ask for.
        commands_per_minute: commands one producer may give.
    """

    role: Literal["all"] = "all"
    data: Path
    public_url: str | None = None
    producer_key: SecretStr
    channel_keys: dict[str, SecretStr]
    payment_key: SecretStr
    sandbox_payments: bool = True
    guest_tokens_per_minute: Annotated[int, Field(ge=1)] = 1_200
    commands_per_minute: Annotated[int, Field(ge=1)] = 1_200


class EdgeSettings(FeedSettings):
    """How edges run: they hold viewers, and no key and no state of their own.

    Attributes:
        redis_url: where the cue log is that they follow.
        checkout_url: the base address taps are sent on to.
        processes: how many edge processes share the port.
    """

    role: Literal["edge"] = "edge"
    redis_url: SecretStr
    checkout_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")]
    processes: Annotated[int, Field(ge=1, le=MAX_PROCESSES)] = 1


class _RoleSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="ignore")

    role: Literal["all", "edge"] = "all"


Role = TypeVar("Role", bound=BaseSettings)


def read_settings(config: Path | None, **given: Any) -> Settings:
    """Read the settings of a process that does everything.

    What is given here counts before the environment, the environment before the file.

    Raises:
        SettingsError: a file that cannot be read or holds secrets, or a setting that is missing or wrong.
    """
    return _read(Settings, config, given)


def read_edge_settings(config: Path | None, **given: Any) -> EdgeSettings:
    """Read the settings of edges; see ``read_settings``."""
    return _read(EdgeSettings, config, given)


def read_role(config: Path | None, **given: Any) -> str:
    """Read what a process is to do; see ``read_settings``."""
    return _read(_RoleSettings, config, given).role


def _read(model: type[Role], config: Path | None, given: dict[str, Any]) -> Role:
    # One file may serve every role: each takes what is its own.
    values = _read_file(config) if config is not None else {}
    mine = {name: value for name, value in values.items() if name in model.model_fields}

    class Configured(model):  # type: ignore[valid-type,misc]  # a subclass made for one reading carries the file
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings, env_settings, InitSettingsSource(settings_cls, mine))

    try:
        return cast("Role", Configured(**{name: value for name, value in given.items() if value is not None}))
    except ValidationError as wrong:
        lines = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in wrong.errors(include_input=False)]
        raise SettingsError("\n".join(lines)) from None


def _read_file(config: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        raise SettingsError(f"{config}: {unreadable}") from unreadable
    misplaced = sorted(SECRETS & values.keys())
    if misplaced:
        raise SettingsError(f"{config}: secrets come from the environment only: {', '.join(misplaced)}")
    unknown = sorted(values.keys() - Settings.model_fields.keys() - EdgeSettings.model_fields.keys())
    if unknown:
        raise SettingsError(f"{config}: no such settings: {', '.join(unknown)}")
    return values
