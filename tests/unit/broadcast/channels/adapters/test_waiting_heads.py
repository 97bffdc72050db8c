import asyncio

from broadcast.channels.adapters.waiting_heads import WaitingHeads


class Connection(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.cut = asyncio.Event()

    def abort(self) -> None:
        self.cut.set()


async def test_too_many_without_a_word_cost_the_one_that_has_waited_longest() -> None:
    heads = WaitingHeads(most=2)
    first, second, third = Connection(), Connection(), Connection()
    for connection in (first, second, third):
        heads.enter(connection)
    assert [connection.cut.is_set() for connection in (first, second, third)] == [True, False, False]
    heads.close()


async def test_who_has_spoken_is_not_cut_for_those_who_have_not() -> None:
    heads = WaitingHeads(most=1)
    spoke, silent, late = Connection(), Connection(), Connection()
    heads.enter(spoke)
    heads.leave(spoke)
    heads.enter(silent)
    heads.enter(late)
    assert [connection.cut.is_set() for connection in (spoke, silent, late)] == [False, True, False]
    heads.close()


async def test_a_connection_that_never_says_what_it_wants_is_cut() -> None:
    heads = WaitingHeads(timeout_s=0.01)
    silent, later = Connection(), Connection()
    heads.enter(silent)
    heads.enter(later)
    await asyncio.wait_for(silent.cut.wait(), 5)
    await asyncio.wait_for(later.cut.wait(), 5)
    assert len(heads) == 0


async def test_the_next_to_come_is_watched_as_well() -> None:
    heads = WaitingHeads(timeout_s=0.01)
    for _ in range(2):
        silent = Connection()
        heads.enter(silent)
        await asyncio.wait_for(silent.cut.wait(), 5)


async def test_leaving_twice_harms_nobody() -> None:
    heads = WaitingHeads()
    connection = Connection()
    heads.enter(connection)
    heads.leave(connection)
    heads.leave(connection)
    assert len(heads) == 0
    heads.close()


async def test_a_server_that_stops_cuts_those_who_wait() -> None:
    heads = WaitingHeads()
    connection = Connection()
    heads.enter(connection)
    heads.close()
    assert connection.cut.is_set()
