"""Settings: every one from the environment (``SHOWRUNNER_…``) or a TOML file; secrets from the environment only."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from broadcast.programme.addresses import parse_address
from broadcast.programme.errors import ProgrammeError
from showrunner.link.handshake import MIN_KEY_BYTES
from showrunner.payment_settings import PAYMENT_SECRETS, PaymentSettings, SettleSettings
from showrunner.proxy_settings import ProxySettings
from showrunner.suspect_settings import SuspectSettings
from showrunner.tap_settings import TapSettings

MAX_PORT = 65_535
MAX_PROCESSES = 256
MAX_LINKS = 64
LINK_ADDRESS = r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$"
SECRETS = PAYMENT_SECRETS | {
    "producer_key", "payment_key", "channel_keys", "link_key", "edge_link_key", "database_url"
}  # fmt: skip
"""Settings that a file may not hold."""


def _of_postgresql(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ValueError("must be postgresql://user:password@host:port/database")
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_of_postgresql)]


def _long_enough(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value().encode()) < MIN_KEY_BYTES:
        raise ValueError(f"needs at least {MIN_KEY_BYTES} bytes")
    return key


LinkKey = Annotated[SecretStr, AfterValidator(_long_enough)]


def _of_a_source(written: str) -> str:
    """Make sure that an address can be used; what holds no ``://`` is a file's path."""
    if "://" in written:
        try:
            parse_address(written)
        except ProgrammeError as unusable:
            raise ValueError(unusable.detail) from unusable
    return written


Source = Annotated[str, AfterValidator(_of_a_source)]


class SettingsError(Exception):
    """The settings are not usable; the message lists what is wrong, line by line, and no secret."""


class FeedSettings(ProxySettings, SuspectSettings):
    """How a process that serves the feed runs, whatever else it does.

    Attributes:
        show: the show's folder.
        host, port: where it listens; port 0 takes a free one.
        redis_url: where the cue log lives when it is not embedded.
        max_viewers: viewers held at once by one process.
        max_viewers_per_channel: of those, on one channel; 0 is no limit.
        max_viewers_per_address: of those, from one public address (IPv6: one /64); 0 is no limit. A mobile carrier puts
            thousands of subscribers behind one address. Private and loopback addresses are never limited; behind a
            proxy, see ``trusted_proxies``.
        handshakes_per_second: feed connections one process takes a second; the others are told to come back a
            little later. 0 is no limit.
        heartbeat_s: idle viewers hear a sign of life this often.
        card_error_alarm_ms: a channel whose cards are further from their frames than this, for one viewer in twenty,
            is an alarm.
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
    card_error_alarm_ms: Annotated[int, Field(ge=1)] = 250


class Settings(FeedSettings, PaymentSettings, TapSettings):
    """How one process that does everything runs.

    Attributes:
        data: where its state lives.
        public_url: the address people reach it by, when that is not the one it listens on.
        producer_key: signs producer tokens, at least 32 bytes.
        channel_keys: channel → the key its viewer tokens are signed with, at least 32 bytes.
        payment_key: signs payment notifications (Standard Webhooks, ``whsec_…``).
        guest_tokens_per_minute: guest tokens one address may ask for.
        commands_per_minute: commands one producer may give.
        dvb_css_port: UDP port of the wall clock that foreign companion devices follow (DVB-CSS); 0 takes a free one.
            Without it there is no DVB-CSS.
        programme: a live source's address, or a video file, instead of what the show itself names.
        transport_stream: package a live programme as MPEG-TS too, for players that do not read fMP4.
        recording_gb: how much of a live programme is kept for replay; the oldest goes first.
    """

    # said again: of several bases, the last one's configuration counts
    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="forbid", frozen=True)

    role: Literal["all"] = "all"
    data: Path
    public_url: str | None = None
    producer_key: SecretStr
    channel_keys: dict[str, SecretStr]
    payment_key: SecretStr
    guest_tokens_per_minute: Annotated[int, Field(ge=1)] = 1_200
    commands_per_minute: Annotated[int, Field(ge=1)] = 1_200
    dvb_css_port: Annotated[int, Field(ge=0, le=MAX_PORT)] | None = None
    programme: Source | None = None
    transport_stream: bool = False
    recording_gb: Annotated[float, Field(gt=0)] = 50.0


class ControlSettings(Settings):
    """How the process runs that has the timeline, the console and the pages, while others take the taps.

    Attributes:
        database_url: where the timeline is stored, and who owns the desk is known: ``postgresql://…``.
        redis_url: where the cue log is.
        link_key: the secret that control, checkout and programme processes share, at least 32 bytes.
        programme_link: ``host:port`` of a programme process's link: the picture is that one's business.
        programme_url: base address of that process, from which its programme is passed on.
    """

    role: Literal["control"] = "control"  # type: ignore[assignment]  # the role is what tells settings apart
    database_url: DatabaseUrl
    redis_url: SecretStr
    link_key: LinkKey
    programme_link: Annotated[str, Field(pattern=LINK_ADDRESS)] | None = None
    programme_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = None

    @model_validator(mode="after")
    def _the_whole_way_to_the_picture(self) -> Self:
        if bool(self.programme_link) != bool(self.programme_url):
            raise ValueError("programme_link and programme_url belong together: give both or neither")
        return self


class CheckoutSettings(PaymentSettings, TapSettings, ProxySettings, SuspectSettings):
    """How a checkout process runs: it takes taps, and owns the desk when its turn comes.

    Attributes:
        show: the show's folder.
        host, port: where it takes orders and payment notifications; port 0 takes a free one.
        database_url: the record, ``postgresql://…``.
        link_host, link_port: where it listens for other processes of the show; port 0 takes a free one.
        link_address: ``host:port`` by which they reach it, when that is not the one it listens on.
        link_key: the secret that control and checkout processes share, at least 32 bytes.
        edge_link_key: the secret that edges and checkout processes share; without it no edge is let in.
        channel_keys, producer_key, payment_key: as in ``Settings``.
    """

    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="forbid", frozen=True)

    role: Literal["checkout"] = "checkout"
    show: Path
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 8081
    database_url: DatabaseUrl
    link_host: str = "127.0.0.1"
    link_port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 8082
    link_address: Annotated[str, Field(pattern=LINK_ADDRESS)] | None = None
    link_key: LinkKey
    edge_link_key: LinkKey | None = None
    channel_keys: dict[str, SecretStr]
    producer_key: SecretStr
    payment_key: SecretStr


class EdgeSettings(FeedSettings):
    """How edges run: they hold viewers, and no channel's key and no state of their own.

    Attributes:
        redis_url: where the cue log is that they follow.
        checkout_links: ``host:port`` of the checkout processes' links; taps are sent on to any of them.
        edge_link_key: the secret that edges and checkout processes share, at least 32 bytes.
        checkout_url: without links, the base address taps are sent on to over HTTP.
        processes: how many edge processes share the port.
    """

    role: Literal["edge"] = "edge"
    redis_url: SecretStr
    checkout_links: Annotated[tuple[Annotated[str, Field(pattern=LINK_ADDRESS)], ...], Field(max_length=MAX_LINKS)] = ()
    edge_link_key: LinkKey | None = None
    checkout_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = None
    processes: Annotated[int, Field(ge=1, le=MAX_PROCESSES)] = 1

    @model_validator(mode="after")
    def _one_way_to_the_checkout(self) -> Self:
        if bool(self.checkout_links) == bool(self.checkout_url):
            raise ValueError("give either checkout_links or checkout_url")
        if self.checkout_links and self.edge_link_key is None:
            raise ValueError("checkout_links need edge_link_key")
        return self


class ProgrammeSettings(ProxySettings):
    """How a programme process runs: it has the picture, and no key of a channel, a producer or a payment.

    Attributes:
        show: the show's folder.
        data: where the film or the recording is kept; not the folder of another process.
        host, port: where it serves the programme; port 0 takes a free one.
        redis_url: where the cue log is that it follows.
        link_host, link_port: where it listens for the control process; port 0 takes a free one.
        link_key: the secret that control, checkout and programme processes share, at least 32 bytes.
        programme, transport_stream, recording_gb: as in ``Settings``.
    """

    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="forbid", frozen=True)

    role: Literal["programme"] = "programme"
    show: Path
    data: Path
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 8083
    redis_url: SecretStr
    link_host: str = "127.0.0.1"
    link_port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 8084
    link_key: LinkKey
    programme: Source | None = None
    transport_stream: bool = False
    recording_gb: Annotated[float, Field(gt=0)] = 50.0


ROLES: tuple[type[BaseSettings], ...] = (
    Settings, ControlSettings, CheckoutSettings, EdgeSettings, ProgrammeSettings, SettleSettings
)  # fmt: skip
"""Every role's settings: one file may hold those of all."""


class _RoleSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="ignore")

    role: Literal["all", "control", "checkout", "edge", "programme", "settle"] = "all"


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


def read_control_settings(config: Path | None, **given: Any) -> ControlSettings:
    """Read the settings of a control process; see ``read_settings``."""
    return _read(ControlSettings, config, given)


def read_checkout_settings(config: Path | None, **given: Any) -> CheckoutSettings:
    """Read the settings of a checkout process; see ``read_settings``."""
    return _read(CheckoutSettings, config, given)


def read_programme_settings(config: Path | None, **given: Any) -> ProgrammeSettings:
    """Read the settings of a programme process; see ``read_settings``."""
    return _read(ProgrammeSettings, config, given)


def read_settle_settings(config: Path | None, **given: Any) -> SettleSettings:
    """Read the settings of settlement; see ``read_settings``."""
    return _read(SettleSettings, config, given)


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
    known = {name for model in ROLES for name in model.model_fields}
    unknown = sorted(values.keys() - known)
    if unknown:
        raise SettingsError(f"{config}: no such settings: {', '.join(unknown)}")
    return values
