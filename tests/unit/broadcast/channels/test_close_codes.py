from broadcast.channels.close_codes import CloseCode


def test_a_code_says_whether_to_come_back() -> None:
    come_back = {code for code in CloseCode if 4000 <= code <= 4499}
    stay_away = {code for code in CloseCode if 4500 <= code <= 4999}
    assert {code.name for code in come_back} == {"GOING_AWAY", "TOO_SLOW", "OVER_CAPACITY", "TOO_MANY_MESSAGES"}
    assert stay_away == {CloseCode.NO_SUCH_SHOW, CloseCode.NO_SUCH_CHANNEL, CloseCode.REFUSED}


def test_the_codes_of_the_contract_are_these() -> None:
    assert (CloseCode.NO_SUCH_SHOW, CloseCode.REFUSED) == (4501, 4503)
