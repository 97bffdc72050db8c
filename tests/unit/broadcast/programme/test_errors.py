import pickle

from broadcast.programme.errors import ProgrammeError


def test_an_error_arrives_whole_from_the_process_that_prepared_the_programme():
    arrived = pickle.loads(pickle.dumps(ProgrammeError("no-picture", "song.mp3 has no video in it")))  # noqa: S301 - our own bytes
    assert (arrived.reason, arrived.detail) == ("no-picture", "song.mp3 has no video in it")
    assert str(arrived) == "no-picture: song.mp3 has no video in it"
