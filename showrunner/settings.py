"""Settings: every one from the environment (``SHOWRUNNER_…``) or a TOML file; secrets from the environment only."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

MAX_PORT = 65_535
SECRETS = frozenset({"producer_key", "payment_key", "channel_keys"})
"""Settings that a file may not hold."""


class SettingsError(Exception):
    """The settings are not usable; the message lists what is wrong, line by line, and no secret."""


class Settings(BaseSettings):
    """How one process of the product runs.

    Attributes:
        role: what the process does; ``all`` is everything in one.
        show: the show's folder.
        data: where its state lives.
        host, port: where it listens; port 0 takes a free one.
        public_url: the address people reach it by, when that is not the one it listens on.
        redis_url: where the cue log lives when it is not embedded.
        producer_key: signs producer tokens, at least 32 bytes.
        channel_keys: channel → the key its viewer tokens are signed with, at least 32 bytes.
        payment_key: signs payment notifications (Standard Webhooks, ``whsec_…``).
        sandbox_payments: take payments from the sandbox gateway in this process instead of a real one.
        max_viewers: viewers held at once by one process.
        guest_tokens_per_minute: guest tokens one address may ask for.
        commands_per_minute: commands one producer may give.
    """

    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="forbid", frozen=True)

    role: Literal["all"] = "all"
    show: Path
    data: Path
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 8080
    public_url: str | None = None
    redis_url: SecretStr | None = None
    producer_key: SecretStr
    channel_keys: dict[str, SecretStr]
    payment_key: SecretStr
    sandbox_payments: bool = True
    max_viewers: Annotated[int, Field(ge=1)] = 18_000
    guest_tokens_per_minute: Annotated[int, Field(ge=1)] = 1_200
    commands_per_minute: Annotated[int, Field(ge=1)] = 1_200


def read_settings(config: Path | None, **given: Any) -> Settings:
    """Read settings: what is given here counts before the environment, the environment before the file.

    Raises:
        SettingsError: a file that cannot be read or holds secrets, or a setting that is missing or wrong.
    """

    class Configured(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            file = (TomlConfigSettingsSource(settings_cls, config),) if config is not None else ()
            return (init_settings, env_settings, *file)

    if config is not None:
        _check_file(config)
    try:
        return Configured(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as wrong:
        lines = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in wrong.errors(include_input=False)]
        raise SettingsError("\n".join(lines)) from None


def _check_file(config: Path) -> None:
    try:
        values = tomllib.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        raise SettingsError(f"{config}: {unreadable}") from unreadable
    misplaced = sorted(SECRETS & values.keys())
    if misplaced:
        raise SettingsError(f"{config}: secrets come from the environment only: {', '.join(misplaced)}")
