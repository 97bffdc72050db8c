from pathlib import Path

import pytest

from showrunner.proxy_settings import trusted_proxies
from showrunner.settings import SettingsError, read_edge_settings


@pytest.fixture(autouse=True)
def edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOWRUNNER_SHOW", "show")
    monkeypatch.setenv("SHOWRUNNER_REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("SHOWRUNNER_CHECKOUT_URL", "http://127.0.0.1:1")


@pytest.mark.parametrize("written", ["10.0.0.0/8, 2001:db8::/32", '["10.0.0.0/8", "2001:db8::/32"]'])
def test_networks_are_listed_with_commas_or_as_json(monkeypatch: pytest.MonkeyPatch, written: str):
    monkeypatch.setenv("SHOWRUNNER_TRUSTED_PROXIES", written)
    assert read_edge_settings(None).trusted_proxies == ("10.0.0.0/8", "2001:db8::/32")


def test_they_may_stand_in_the_file(tmp_path: Path):
    file = tmp_path / "settings.toml"
    file.write_text('trusted_proxies = ["192.0.2.1"]\nproxy_header = "forwarded"\n')
    settings = read_edge_settings(file)
    assert settings.trusted_proxies == ("192.0.2.1/32",)
    proxies = trusted_proxies(settings)
    assert proxies is not None
    assert proxies.client("192.0.2.1", "for=203.0.113.1").address == "203.0.113.1"


def test_without_proxies_nothing_is_read():
    assert trusted_proxies(read_edge_settings(None)) is None


@pytest.mark.parametrize("written", ["10.0.0.1/8", "everybody", "10.0.0.0/8,,x", '["10.0.0.0/33"]', "[", '[{"a": 1}]'])
def test_what_is_no_network_is_named(monkeypatch: pytest.MonkeyPatch, written: str):
    monkeypatch.setenv("SHOWRUNNER_TRUSTED_PROXIES", written)
    with pytest.raises(SettingsError, match="trusted_proxies"):
        read_edge_settings(None)
