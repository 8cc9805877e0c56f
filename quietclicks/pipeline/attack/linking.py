"""Which visitors of one day are those of the next: an insider's guess, without any key.

Links are one to one. It does not know whether one is right.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import product
from math import log, sqrt

from quietclicks.pipeline.attack.sightings import Sighted, Visitors, by_traits

MAX_GROUP = 10_000  # pairs of a group that are all compared; of a larger one those that are left:
MAX_PAIRS = 400  # who did one thing that so few pairs did

Links = Mapping[str, str]
"""A pseudonym of the one day → one of the next."""


def links_by_traits(first: Visitors, second: Visitors) -> dict[str, str]:
    """Who is alone with their traits on both days."""
    links: dict[str, str] = {}
    taken = set()
    then = by_traits(second)
    for traits, names in sorted(by_traits(first).items()):
        others = then.get(traits, set())
        if len(names) == len(others) == 1:
            [name], [other] = names, others
            if name not in links and other not in taken:  # who has two traits is in two groups
                links[name] = other
                taken.add(other)
    return links


def links_by_deeds(first: Visitors, second: Visitors) -> dict[str, str]:
    """The same; and of the others, who are each other's most alike among all with equal traits.

    Likeness is the usual one of texts, the cosine of what was done, each deed with the logarithm of
    its rarity as its weight. Nobody is linked where two are alike to the last bit.
    """
    links = links_by_traits(first, second)
    taken = set(links.values())
    weights = _weights(first, second)
    lengths = [_lengths(visitors, weights) for visitors in (first, second)]
    then = by_traits(second)
    for traits, names in sorted(by_traits(first).items()):
        left = {name: first[name] for name in names if name not in links}
        others = {name: second[name] for name in then.get(traits, ()) if name not in taken}
        likeness: dict[tuple[str, str], float] = {}
        for name, other in _candidates(left, others):
            shared = left[name].deeds & others[other].deeds
            if shared:
                weight = sum(sorted(weights[deed] for deed in shared))  # floats: in one order
                likeness[name, other] = weight / (lengths[0][name] * lengths[1][other])
        for name, other in _mutual(likeness):
            links[name] = other
            taken.add(other)
    return links


def _weights(first: Visitors, second: Visitors) -> dict[str, float]:
    count: defaultdict[str, int] = defaultdict(int)
    for sighted in (*first.values(), *second.values()):
        for deed in sighted.deeds:
            count[deed] += 1
    everybody = len(first) + len(second) + 1  # one more, so that no weight is nothing
    return {deed: log(everybody / number) for deed, number in count.items()}


def _lengths(visitors: Visitors, weights: Mapping[str, float]) -> dict[str, float]:
    return {
        name: sqrt(sum(sorted(weights[deed] for deed in sighted.deeds)))
        for name, sighted in visitors.items()
    }


def _candidates(
    left: Mapping[str, Sighted], others: Mapping[str, Sighted]
) -> Collection[tuple[str, str]]:
    if len(left) * len(others) <= MAX_GROUP:
        return list(product(left, others))
    now, then = _who(left), _who(others)
    found: set[tuple[str, str]] = set()
    for deed in now.keys() & then.keys():
        if len(now[deed]) * len(then[deed]) <= MAX_PAIRS:
            found.update(product(now[deed], then[deed]))
    return found


def _who(visitors: Visitors) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, sighted in visitors.items():
        for deed in sighted.deeds:
            found[deed].append(name)
    return found


def _mutual(likeness: Mapping[tuple[str, str], float]) -> Iterator[tuple[str, str]]:
    """Pairs of which each is the other's only best."""
    best: list[dict[str, tuple[float, str | None]]] = [{}, {}]
    for pair, alike in likeness.items():
        for side, of in enumerate(best):
            before = of.get(pair[side], (-1.0, None))[0]
            if alike >= before:
                of[pair[side]] = alike, pair[1 - side] if alike > before else None
    for name, (_, other) in best[0].items():
        if other is not None and best[1][other][1] == name:
            yield name, other
