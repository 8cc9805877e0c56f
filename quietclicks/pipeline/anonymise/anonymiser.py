"""Walks the steps: from decoded records to what becomes of them, or to the day that lacks its key.

`steps.py` has the steps and their order; here is what holds them together: sites apart, days apart,
the keys in between, and what happens to a batch in which a step fails.
"""

from collections.abc import Callable, Collection, Sequence

from msgspec.structs import replace

from quietclicks.pipeline.anonymise.batch import Batch, by_day, by_site
from quietclicks.pipeline.anonymise.commit import CommitStep
from quietclicks.pipeline.anonymise.decoded import Decoded
from quietclicks.pipeline.anonymise.outcome import Outcome
from quietclicks.pipeline.anonymise.recent import RecentIds
from quietclicks.pipeline.anonymise.site import Context, Sites
from quietclicks.pipeline.anonymise.steps import ADMIT, COMMIT, DECIDE, Step, walk
from quietclicks.pipeline.fields.spammers import SPAMMERS
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.schemas.rejection import Reason


class Anonymiser:
    """Of all sites, and shared by a worker's partitions, for its caches and keys."""

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None],
        keys: DayKeys,
        spammers: Collection[str] = SPAMMERS,
        restrictions: Restrictions | None = None,
    ) -> None:
        self.keys = keys
        self.restrictions = Restrictions() if restrictions is None else restrictions
        self.sites = Sites(policy, country, spammers, restrictions=self.restrictions)
        # For long records: they are rare, and nothing of them is remembered.
        self.uncached = Sites(policy, country, spammers, 0, restrictions=self.restrictions)
        self.admit: Sequence[Step] = ADMIT
        self.decide: Sequence[Step] = DECIDE
        self.commit: Sequence[CommitStep] = COMMIT

    def forget(self) -> None:
        """Drop every raw value held in memory."""
        self.sites.forget()
        self.uncached.forget()


class PartitionAnonymiser:
    """Of one raw partition: it remembers that partition's recent event ids."""

    def __init__(self, policy: Policy, anonymiser: Anonymiser) -> None:
        self._shared = anonymiser
        self._partners = sorted(policy.partners)
        self._skew_ms = policy.time.allowed_skew * 1000
        self._lateness_ms = policy.time.allowed_lateness * 1000
        self._recent = {name: RecentIds() for name in policy.sites}

    def decide(self, decoded: Decoded, watermark: int | None) -> Outcome | int:
        """What becomes of all but the tick; or the day (since 1970) whose key is not at hand.

        Then nothing has happened, and the same records come again. `watermark` in ms.
        """
        outcome = Outcome()
        outcome.unlisted = decoded.unlisted
        outcome.rejected += [(each.offset, each.timestamp, why) for each, why in decoded.rejected]
        batches = by_site(decoded)
        sites = (self._shared.uncached if decoded.is_long else self._shared.sites).by_name
        due: list[tuple[int, Batch, Context]] = []
        for name, batch in batches.items():
            if site := sites.get(name):
                recent = self._recent[name]
                context = Context(
                    site,
                    recent,
                    watermark,
                    self._skew_ms,
                    self._lateness_ms,
                    outcome,
                    self._shared.keys.destroyed_through,
                )
                if admitted := walk(self._shared.admit, batch, context):
                    due += [(day, part, context) for day, part in by_day(admitted)]
            else:
                outcome.reject(batch, [True] * len(batch), Reason.UNKNOWN_SITE)
        for day, _, _ in due:
            if day not in self._shared.keys:
                return day
        for day, batch, context in due:
            keys = self._shared.keys.of(day, context.site.name, self._partners)
            self._decide(batch, replace(context, pseudonymisers=keys))
        self._note(batches)
        return outcome

    def remember(self, decoded: Decoded) -> None:
        """Events that were decided about before a restart: only their ids are of use."""
        self._note(by_site(decoded))

    def _note(self, batches: dict[str, Batch]) -> None:
        """The ids of events, whatever became of them: after a restart nothing else is known."""
        for name, batch in batches.items():
            if name in self._recent:
                self._recent[name].note(batch.ids, batch.offsets)

    def _decide(self, batch: Batch, context: Context) -> None:
        """All steps, or the halves apart until the one event is alone that a step fails on."""
        outcome: Outcome | None = Outcome()
        try:
            walk(self._shared.decide, batch, replace(context, outcome=outcome))
        except Exception:
            outcome = None  # no more in the handler: what is raised later would have it for context
        if outcome is not None:
            context.outcome.extend(outcome)
        elif len(batch) == 1:
            context.outcome.reject(batch, [True], Reason.ERROR)
        else:
            half = len(batch) // 2
            for first in (True, False):
                part = batch.where((row < half) is first for row in range(len(batch)))
                self._decide(part, context)
