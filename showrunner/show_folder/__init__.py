"""A show is a folder: ``show.toml``, ``rundown.csv``, ``catalogue.csv``, ``channels.toml`` and its media.

``load_show`` loads one or says everything that is wrong with it; ``check`` reports on folders and single files;
``report.run_check`` is the command. docs/show-folder.md describes the files.
"""

from showrunner.show_folder.check import check
from showrunner.show_folder.folder import LoadedShow, load_show
from showrunner.show_folder.problems import CheckedFile, Problem, Report, ShowFolderError
from showrunner.show_folder.show_file import ProgrammeSource, ShowSettings

__all__ = [
    "CheckedFile",
    "LoadedShow",
    "Problem",
    "ProgrammeSource",
    "Report",
    "ShowFolderError",
    "ShowSettings",
    "check",
    "load_show",
]
