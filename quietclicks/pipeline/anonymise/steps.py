"""The way of an event, from top to bottom: ordered steps, each made for a batch of events.

The lists `ADMIT`, `DECIDE` and `COMMIT`, below the steps, are the order, with a why where it
matters. A step takes a batch and gives it back: `put_*` fills a column in, `drop_*` leaves rows out
and says why, `collect_*` counts, `emit_*` passes on. None keeps, logs or raises a raw value, none
touches Kafka, files or the clock. What a batch leads to stands in its context until it has ended,
so that a step that fails, or a key that is missing, leaves no trace.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, cycle
from operator import not_

import msgspec

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.commit import CommitStep, count, drop_over_cap, write_state
from quietclicks.pipeline.anonymise.drop import drop
from quietclicks.pipeline.anonymise.pages import drop_not_pages, drop_prefetched, put_page
from quietclicks.pipeline.anonymise.restricted import drop_restricted
from quietclicks.pipeline.anonymise.site import Context
from quietclicks.pipeline.anonymise.sources import drop_referrer_spam, put_referrer, put_source
from quietclicks.pipeline.anonymise.views import analyst_view, pseudonymised
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, start_of_hour
from quietclicks.pipeline.counting.cells import DIMENSIONS
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.fields import BREAKDOWNS
from quietclicks.pipeline.release import ELIGIBLE_NONE
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.trend import NONE, Stream

Step = Callable[[Batch, Context], Batch]

_VALUES = [BREAKDOWNS[dimension].values for dimension in DIMENSIONS]
_pack = msgspec.msgpack.Encoder().encode


# By the log's order and clock alone.


def put_repeats(batch: Batch, context: Context) -> Batch:
    """Which ids were seen among the partition's recent events, here or before."""
    repeated = context.recent.repeated(batch.ids, batch.offsets)
    if repeated:
        batch.repeats = [row in repeated for row in range(len(batch))]
    return batch


def drop_from_the_future(batch: Batch, context: Context) -> Batch:
    """What lies further ahead of the broker's clock than clocks may differ."""
    skew_ms = context.skew_ms
    if max(batch.times) <= min(batch.appended) + skew_ms:
        return batch
    ahead = [at > by + skew_ms for at, by in zip(batch.times, batch.appended, strict=True)]
    return drop(batch, ahead, Reason.FROM_THE_FUTURE, context)


def drop_late(batch: Batch, context: Context) -> Batch:
    """What belongs to an hour that is closed, or to a day whose key is destroyed."""
    first_ms = (context.destroyed_through + 1) * MILLISECONDS_PER_DAY
    marks = [context.watermark or 0]
    if context.watermark is None:  # no tick yet: the broker's clock stands in for it
        marks = [max(by - context.lateness_ms, 0) for by in batch.appended]
    if min(batch.times) >= max(start_of_hour(max(marks)), first_ms):
        return batch
    closed = cycle(max(start_of_hour(mark), first_ms) for mark in marks)
    late = [at < end for at, end in zip(batch.times, closed, strict=False)]
    return drop(batch, late, Reason.LATE, context)


def drop_duplicates(batch: Batch, context: Context) -> Batch:
    """What was decided about before."""
    return drop(batch, batch.repeats, Reason.DUPLICATE, context) if batch.repeats else batch


# Of one UTC day.


def put_visitor(batch: Batch, context: Context) -> Batch:
    """Country and network of the address, which no later step reads as sent; browser, language."""
    batch.visitors = context.site.look_up.visitors(batch.events)
    context.outcome.note_addresses(batch.visitors)
    return batch


def put_decision(batch: Batch, context: Context) -> Batch:
    """Who may use the event for what."""
    batch.decisions = context.site.look_up.decisions(batch.events, batch.visitors)
    return batch


def drop_bots(batch: Batch, context: Context) -> Batch:
    """Programs. They count in a stream of their own; one that says no may be a person: nowhere."""
    is_bot = [visitor.is_bot for visitor in batch.visitors]
    if True in is_bot and context.site.counts_bots:
        who = zip(is_bot, batch.decisions, strict=True)
        counted = [bot and not decision.says_no for bot, decision in who]
        if True in counted:
            _collect_stream(batch, counted, Stream.BOTS, [], context)
    return drop(batch, is_bot, Reason.BOT, context)


def collect_opted_out(batch: Batch, context: Context) -> Batch:
    """How many refuse or object: in a stream of their own, under numbers used for nothing else."""
    opted_out = [each.opted_out for each in batch.decisions]
    if True in opted_out:
        choices = [each.choice for each in batch.decisions]
        _collect_stream(batch, opted_out, Stream.OPTED_OUT, [choices], context)
    return batch


def drop_without_consent(batch: Batch, context: Context) -> Batch:
    """What may be used for nothing."""
    return drop(batch, [not each.anything for each in batch.decisions], Reason.NO_CONSENT, context)


def put_pseudonyms(batch: Batch, context: Context) -> Batch:
    """The visitor as trends and analysts know one, on this day and site."""
    pseudonymisers = context.of_the_day
    for visitor in batch.visitors:
        if visitor.derived is not pseudonymisers.token:
            visitor.derive(pseudonymisers)
    return batch


def put_query(batch: Batch, context: Context) -> Batch:
    """The page's name with what is kept of the query, the link's campaign, what was searched."""
    look_up = context.site.look_up
    queries = look_up.queries(batch.queries)
    batch.names = [
        f"{page.path}?{query.kept}" if query.kept else page.path
        for page, query in zip(batch.pages, queries, strict=True)
    ]
    batch.campaigns = [query.source for query in queries]
    typed = zip(batch.events, batch.pages, queries, strict=True)
    batch.searches = look_up.searches(
        [  # Elsewhere than on a search page a link may have put anything there.
            event.search_terms or (query.search if page.is_search else None)
            for event, page, query in typed
        ]
    )
    batch.searched = [
        # A term counts only on the site's search pages: the declared implication.
        (search or ELIGIBLE_NONE) if page.is_search else NONE
        for page, search in zip(batch.pages, batch.searches, strict=True)
    ]
    return batch


def collect_counts(batch: Batch, context: Context) -> Batch:
    """Every breakdown of the field table, of who may be counted."""
    visitors = [visitor.numbers for visitor in batch.visitors]
    values = [values_of(batch) for values_of in _VALUES]
    counted = Counted(_hours(batch.times), visitors, values)
    may = [each.trends for each in batch.decisions]
    if False in may:
        counted = counted.where(may)
    if not all(each.events for each in batch.decisions):
        _pack(counted.values)  # nothing else encodes these before their cells are written
    context.outcome.count(context.site.name, counted)
    return batch


def emit_partners(batch: Batch, context: Context) -> Batch:
    """To partners, under names that match nobody else's."""
    site = context.site
    for name, (ids, visitors) in context.of_the_day.partners.items():
        may = [name in each.partners for each in batch.decisions]
        if True in may:
            theirs = batch.where(may)
            names = visitors.texts([visitor.identity for visitor in theirs.visitors])
            columns = site.partner_columns[name]
            events = pseudonymised(theirs, ids, names, site.name, site.look_up, columns)
            # By ids that nobody else knows: in the log's order they would lie as analysts' do.
            places = [event.id for event in events]
            context.outcome.emit(topics.PARTNERS + name, places, site.views[name](events))
    return batch


def drop_counted_only(batch: Batch, context: Context) -> Batch:
    """What analysts may not have."""
    may = [each.events for each in batch.decisions]
    if False not in may:
        return batch
    trends = [each.trends for each in batch.decisions]
    kept = [either or counts for either, counts in zip(may, trends, strict=True)]
    context.outcome.reject(batch, map(not_, kept), Reason.NO_CONSENT)
    counts_only = [counts and not either for either, counts in zip(may, trends, strict=True)]
    context.outcome.reject(batch, counts_only, Reason.COUNTED_ONLY)
    return batch.where(may)


def emit_analysts(batch: Batch, context: Context) -> Batch:
    """Those fields that the policy lists."""
    names = [visitor.pseudonym for visitor in batch.visitors]
    ids, site = context.of_the_day.event_id, context.site
    events = pseudonymised(batch, ids, names, site.name, site.look_up, site.columns)
    context.outcome.emit(topics.PSEUDONYMISED, batch.offsets, analyst_view(events))
    return batch


ADMIT: tuple[Step, ...] = (  # by the log's order and clock alone; no key is asked for
    put_repeats,  # before any drop: whatever became of an event, its id was seen
    drop_from_the_future,
    drop_late,  # an event of 1970 mints no key
    drop_duplicates,
)
# Between the two, and nowhere else: the keys of the days, or the transaction ends here and comes
# again (`anonymiser.py`).
DECIDE: tuple[Step, ...] = (  # of one UTC day
    drop_restricted,  # before anything is derived, streams included
    drop_prefetched,  # of what nobody saw, and of what is no page, nothing else is looked at
    put_page,
    drop_not_pages,  # before anything reads the query, which may be of another host
    put_visitor,  # the last reader of the address as sent
    put_decision,  # needs the country
    drop_bots,  # before those who refuse are counted: a bot must not be among them, nor they here
    put_referrer,
    drop_referrer_spam,  # before anybody is counted, and after bots that call themselves so
    collect_opted_out,  # before they are dropped
    drop_without_consent,
    put_pseudonyms,  # of who agreed to something: before, there are the streams' numbers alone
    put_query,
    put_source,
    collect_counts,
    emit_partners,  # before the next drop: partners' consent does not depend on analysts'
    drop_counted_only,
    emit_analysts,
)
COMMIT: tuple[CommitStep, ...] = (  # of all that a transaction counts, once
    drop_over_cap,  # in the log's order, whatever batches the events came in
    count,
    write_state,
)


def walk(steps: Iterable[Step], batch: Batch, context: Context) -> Batch:
    """One step after another, until none is left of either."""
    for step in steps:
        if not batch:
            break
        batch = step(batch, context)
    return batch


def _collect_stream(
    batch: Batch,
    wanted: Sequence[bool],
    stream: Stream,
    values: list[list[str]],
    context: Context,
) -> None:
    """By numbers that the trends' samples do not know."""
    pseudonymisers = context.of_the_day
    visitors = list(compress(batch.visitors, wanted))
    for visitor in visitors:
        if visitor.stream_derived is not pseudonymisers.token:
            visitor.derive_for_stream(pseudonymisers, stream)
    counted = Counted(
        _hours(list(compress(batch.times, wanted))),
        [visitor.stream_numbers for visitor in visitors],
        [list(compress(column, wanted)) for column in values],
    )
    context.outcome.count(context.site.streams[stream], counted)


def _hours(times: Sequence[int]) -> list[int]:
    first = min(times) // MILLISECONDS_PER_HOUR
    if max(times) // MILLISECONDS_PER_HOUR == first:
        return [first] * len(times)
    return [at_ms // MILLISECONDS_PER_HOUR for at_ms in times]
