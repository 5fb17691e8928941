"""What a user can cause, and mend: one sentence each, shown on one line with exit status 1.

A message says where, what was expected, what was found and what to try. The inner function says what is
wrong; the outer one adds which file, head or class. Anything that is not a `NeuroclipError` is our bug and
keeps its traceback.
"""


class NeuroclipError(Exception):
    """Something the user can mend; `str(error)` is one sentence."""


class RecordingError(NeuroclipError):
    """A recording, or the file it should come from, cannot be used."""


class ModelError(NeuroclipError):
    """A model (backbone) is unknown, cannot be loaded, or does not fit."""


class HeadError(NeuroclipError):
    """A head is unknown, broken, or used in a way it does not offer."""


class PromptError(NeuroclipError):
    """A prompt set is unknown or cannot be read."""


class ClassesError(NeuroclipError):
    """Class names are missing, empty, repeated, or only one."""


class OptionError(NeuroclipError):
    """An option has a value that it cannot have."""


class DatasetError(NeuroclipError):
    """A set of labelled recordings, or a split of one, cannot be used."""


class BankError(NeuroclipError):
    """What was computed cannot be kept, or what was kept cannot be used."""


class ComparisonError(NeuroclipError):
    """A comparison of heads, or the document of one, cannot be used."""


class RecordingWarning(UserWarning):
    """A recording was read, but something about it had to be guessed."""


class DatasetWarning(UserWarning):
    """A set of labelled recordings can be used, but something about it looks like a mistake."""
