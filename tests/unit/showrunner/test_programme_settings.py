from pathlib import Path
from typing import Any

import pytest

from showrunner.settings import SettingsError, read_control_settings, read_programme_settings, read_role

PROGRAMME: dict[str, Any] = {
    "show": "shows/one",
    "data": "state",
    "redis_url": "redis://log:6379",
    "link_key": "l" * 32,
}
CONTROL: dict[str, Any] = {
    **PROGRAMME,
    "database_url": "postgresql://db/show",
    "channel_keys": {"web": "c" * 32},
    "producer_key": "p" * 32,
    "payment_key": "whsec_" + "a" * 32,
}


def test_a_programme_process_is_a_role_of_its_own_with_ports_of_its_own() -> None:
    assert read_role(None, role="programme") == "programme"
    settings = read_programme_settings(None, **PROGRAMME)
    assert (settings.port, settings.link_port) == (8083, 8084)


@pytest.mark.parametrize("missing", ["show", "data", "redis_url", "link_key"])
def test_what_a_programme_process_cannot_do_without_is_asked_for_by_name(missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{missing}: Field required$"):
        read_programme_settings(None, **{**PROGRAMME, missing: None})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"link_key": "short"}, "link_key: .*at least 32 bytes"),
        ({"port": 70_000}, "port: .*less than or equal to 65535"),
        ({"recording_gb": 0}, "recording_gb: .*greater than 0"),
        ({"programme": "tcp://host"}, "programme: .*names no port"),
        ({"programme": "ftp://host/live"}, "programme: .*begins with none of"),
        ({"programme": "udp://@239.0.0.1:5000?source=camera"}, "programme: .*source is the address of a sender"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_the_reason_and_never_repeated(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        read_programme_settings(None, **PROGRAMME | wrong)
    assert "short" not in str(refused.value)


@pytest.mark.parametrize("given", [{"programme_link": "picture:8084"}, {"programme_url": "http://picture:8083"}])
def test_control_is_told_the_whole_way_to_the_picture_or_none(given: dict[str, str]) -> None:
    assert read_control_settings(None, **CONTROL).programme_link is None
    with pytest.raises(SettingsError, match="belong together"):
        read_control_settings(None, **CONTROL, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"programme_link": "picture", "programme_url": "http://picture:8083"},
        {"programme_link": "picture:8084", "programme_url": "picture:8083"},
        {"programme_link": "picture:8084", "programme_url": "http://picture:8083/v1"},
    ],
)
def test_an_address_of_the_programme_process_that_is_none_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"programme_(link|url): String should match"):
        read_control_settings(None, **CONTROL, **given)


def test_one_file_serves_the_programme_process_and_all_others(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('show = "gala"\ndata = "state"\nprogramme_link = "picture:8084"\nmax_viewers = 5\n')
    given = {name: value for name, value in PROGRAMME.items() if name not in {"show", "data"}}
    assert read_programme_settings(config, **given).show == Path("gala")
    config.write_text(f'link_key = "{"l" * 32}"\n')
    with pytest.raises(SettingsError, match="environment only: link_key"):
        read_programme_settings(config, **PROGRAMME)
