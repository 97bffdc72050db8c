import structlog

from showrunner.refusal_log import LINES_PER_S, MAX_WHERE_CHARS, RefusalLog


def test_a_flood_is_a_few_lines_a_second_and_a_number():
    now_s = [100.0]
    refusals = RefusalLog(lambda: now_s[0])
    with structlog.testing.capture_logs() as log:
        for _ in range(1_000):
            refusals.note("http", "unauthorized", "/v1/orders")
        assert len(log) == LINES_PER_S
        now_s[0] += 1
        refusals.note("websocket", "unauthorized", "web")
    assert log[-1]["unwritten"] == 1_000 - LINES_PER_S
    assert (log[-1]["door"], log[-1]["where"]) == ("websocket", "web")


def test_an_address_is_written_only_so_far():
    with structlog.testing.capture_logs() as log:
        RefusalLog(lambda: 1.0).note("http", "invalid", "/" * 10_000)
    assert len(log[0]["where"]) == MAX_WHERE_CHARS
