from typing import Any

import pytest

from showrunner.settings import SettingsError, read_checkout_settings

GIVEN: dict[str, Any] = {
    "show": "shows/one",
    "link_key": "l" * 32,
    "channel_keys": {"web": "c" * 32},
    "producer_key": "p" * 32,
    "payment_key": "whsec_" + "a" * 32,
}


@pytest.mark.parametrize("url", ["postgresql://show:s3cret@db:5432/show", "postgres://db/show"])
def test_a_database_of_postgresql_is_taken(url: str) -> None:
    assert read_checkout_settings(None, database_url=url, **GIVEN).database_url.get_secret_value() == url


@pytest.mark.parametrize("url", ["mysql://show:s3cret@db/show", "postgresql://show:s3cret@db", "s3cret"])
def test_any_other_address_is_refused_at_the_start_and_never_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"database_url: .*postgresql://user:password@host:port/database") as wrong:
        read_checkout_settings(None, database_url=url, **GIVEN)
    assert "s3cret" not in str(wrong.value)
