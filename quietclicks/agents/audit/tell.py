"""How a reader of the audit tells how far it is."""

from collections.abc import Callable

Tell = Callable[[int], None]
"""So many more records are read."""
