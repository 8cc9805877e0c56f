"""What may be told to a person who typed a command: one line, and an exit status.

    QuietclicksError
    ├── UsageError   exit status 2: wrong use or input
    └── Failure      exit status 1: it was right to ask, and it did not work

A message says what is wrong and what to do about it. It never holds a value from an event.
"""


class QuietclicksError(Exception):
    """The common root; `exit_status` is what the command line returns."""

    exit_status = 1


class UsageError(QuietclicksError):
    """Wrong use or input: the caller can put it right."""

    exit_status = 2


class Failure(QuietclicksError):
    """The request was right and could not be carried out."""
