"""What may go wrong at the start and is the person's to mend: said in words, never as a trace."""

from broadcast.channels.cue_log import LogUnreachableError
from broadcast.checkout.adapters.durability import NotDurableError
from broadcast.timeline.adapters.sql_store import TimelineUnreachableError
from showrunner.data_folder import DataFolderError
from showrunner.http.pages import PagesMissingError
from showrunner.listening import PortTakenError
from showrunner.preparing import PrepareError
from showrunner.settings import SettingsError
from showrunner.show_folder import ShowFolderError


class UsageError(Exception):
    """The command was asked for something that cannot be; the message says what."""


EXPLAINED = (
    DataFolderError,
    LogUnreachableError,
    NotDurableError,
    PagesMissingError,
    PortTakenError,
    PrepareError,
    SettingsError,
    ShowFolderError,
    TimelineUnreachableError,
    UsageError,
)
