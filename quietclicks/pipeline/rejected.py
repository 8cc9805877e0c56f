"""How a step says that an event goes no further."""

from quietclicks.schemas.rejection import Reason


class Rejected(Exception):
    """Raised by a step; carries a reason and nothing of the event."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
