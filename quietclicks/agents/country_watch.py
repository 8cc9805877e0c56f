"""Takes a new version of the country database into use while the worker runs.

A new one that is damaged or missing is told of once, and the old one stays in use.
"""

import asyncio
import logging
from collections.abc import Callable

from mode import Service

from quietclicks.agents.geo import Countries
from quietclicks.errors import UsageError

LOOK_SECONDS = 60  # a look is one `stat`

log = logging.getLogger(__name__)


class CountryWatch(Service):
    """Looks at the file every minute; `replaced` hears of a new version."""

    def __init__(self, countries: Countries, replaced: Callable[[], None]) -> None:
        super().__init__()
        self._countries = countries
        self._replaced = replaced

    async def on_start(self) -> None:
        """Say what a policy by country cannot know."""
        if not self._countries.configured:
            log.info(
                "no country database (QUIETCLICKS_COUNTRY_DATABASE): every country is unknown, the "
                "strictest case"
            )

    @Service.task
    async def _look_for_ever(self) -> None:
        if self._countries.configured:
            async for _ in self.itertimer(LOOK_SECONDS, name="country database"):
                await self.look()

    async def look(self) -> None:
        """Once, now."""
        try:
            new = await asyncio.to_thread(self._countries.reload_if_replaced)
        except UsageError as error:
            log.warning("the old country database stays in use: %s", error)
            return
        if new:
            self._replaced()
            log.info("a new country database is in use")
