"""What may be told to a person who typed a command: one line, and an exit status.

    QuietclicksError
    ├── UsageError   exit status 2, fatal: wrong use, input, setting, policy or key
    └── Failure      exit status 1, retryable: it was right to ask, and it did not work

A supervisor starts a worker again after status 1, with a pause, and never after status 2: nothing
changes until somebody puts it right. Some failures last, too (lost state, a damaged record, another
layout); a new start then says the same again and harms nothing, since nothing was committed.

Two exceptions are no errors to be told: `pipeline.rejected.Rejected` ends the way of one event, and
`pipeline.processor.UnreadableRecord` becomes a `Failure` that names the record.

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
