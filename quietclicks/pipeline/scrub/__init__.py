"""Takes what is personal out of what people type; leaves a placeholder, keeps the rest.

It looks for forms (an address, a number) and never for names: a name in a search is protected by
the release threshold alone. docs/scrubbing.md has the tables.
"""

from collections.abc import Callable

from quietclicks.pipeline.encodings import Encoding
from quietclicks.pipeline.scrub.birth import birth_dates
from quietclicks.pipeline.scrub.identity import identities
from quietclicks.pipeline.scrub.labelled import (
    labelled_everyday_numbers,
    labelled_identities,
    labelled_numbers,
    labelled_phones,
    labelled_serials,
)
from quietclicks.pipeline.scrub.mail import emails
from quietclicks.pipeline.scrub.normalise import MAX_TEXT, MAX_TYPED, normalise
from quietclicks.pipeline.scrub.numbers import DIGIT_WORDS, digit_runs, whole_lists
from quietclicks.pipeline.scrub.passwords import labelled_secrets
from quietclicks.pipeline.scrub.payment import cards, ibans
from quietclicks.pipeline.scrub.phones import is_mobile, phones
from quietclicks.pipeline.scrub.places import coordinates
from quietclicks.pipeline.scrub.postcodes import postcodes
from quietclicks.pipeline.scrub.products import product_codes
from quietclicks.pipeline.scrub.spans import Finder, Match, count_digits, merged, pattern
from quietclicks.pipeline.scrub.streets import streets
from quietclicks.pipeline.scrub.tokens import tokens
from quietclicks.pipeline.scrub.web import (
    handles,
    ip_addresses,
    urls_with_scheme,
    urls_without_scheme,
)

__all__ = ["MAX_TEXT", "PLACEHOLDERS", "Scrubber"]

PLACEHOLDERS = tuple(":email :url :token :ip :iban :place :phone :id :number :card :date".split())
_TAIL = 64  # characters of a text that was cut: it may end in half of something
_ROUNDS = 4  # until nothing more is found; in practice one, or two where something was
_MOST_FOUND = 6  # in one text: more of them are no search

# In a text under work a found span is one private-use character, which no detector matches.
_MARK = dict(zip(PLACEHOLDERS, map(chr, range(0xE000, 0xE100)), strict=False))
_UNMARK = str.maketrans({mark: f" {placeholder} " for placeholder, mark in _MARK.items()})
_KEPT = 0xE100  # and from here on, one for each product code set aside
_PLACEHOLDER = pattern("(" + "|".join(PLACEHOLDERS) + r")(?:[^\p{L}\p{N}]|$)")

# Without any of these there is nothing to look for.
_SUSPICIOUS = pattern(
    r"[0-9@/:=\\\[({<]|[.。][^ ]| [.] |[^ ]{40}|[a-z]{20}|"
    r"[\s_\-*|'\"~+=,;!](?:dot|punkt|punto|ponto|point|точка|tochka|крапка|τελε|kropka|punt|tečka|tecka|pont|piste|nokta|prick)|"
    r"نقطة|دوت|डॉट|डाट|ドット|닷|점|点|(?-i:[a-z0-9]AT[a-z0-9])|gmail|hotmail|protonmail|_at_|"
    rf"(?:{DIGIT_WORDS})[ ,\-]{{1,2}}(?:{DIGIT_WORDS}|double|triple)[ ,\-]"
)


class Scrubber:
    """Replaces what is personal. One per policy: whose telephone and identity numbers it knows."""

    def __init__(self, regions: tuple[str, ...]) -> None:
        """`regions` are ISO 3166-1 alpha-2 codes."""
        # The order is the meaning where two readings fit: the more telling form first, and the
        # longer before what is a part of it.
        self._detectors: tuple[tuple[str | None, int, Finder], ...] = (
            # placeholder, the fewest digits that a text must have for it, finder
            (":url", 0, urls_with_scheme),  # may hold everything below
            (":email", 0, emails),  # before hosts and handles, which are parts of one
            (":url", 0, urls_without_scheme),
            (":id", 0, handles),
            (":iban", 8, ibans),  # a token by its look
            (":token", 0, tokens),  # before digits: a UUID ends in twelve of them
            (":ip", 1, ip_addresses),
            (":place", 0, coordinates),  # two long decimals look like a card
            (":number", 13, whole_lists),  # whatever it is: what follows costs most
            (":card", 13, cards),
            (":token", 0, labelled_secrets),
            (":id", 6, labelled_identities),  # a label says more than a form
            (":id", 3, labelled_serials),
            (":phone", 6, labelled_phones),
            (":number", 4, labelled_numbers),
            (":number", 4, labelled_everyday_numbers),
            (":id", 4, identities(regions)),
            (":date", 2, birth_dates),  # "12.03.1984" looks like a telephone
            (":place", 1, streets),  # with its postcode and number
            (":place", 2, postcodes(regions)),
            (None, 8, product_codes(is_mobile(regions))),  # set aside from the two below
            (":phone", 7, phones(regions)),
            (":number", 0, digit_runs),  # whatever is left
        )

    def scrub(
        self,
        text: str,
        encodings: tuple[Encoding, ...] = (),
        spelt: Callable[[str], str] = str,
    ) -> str:
        """Any text → normalised text of bounded length without what is personal.

        Total, deterministic, and a second scrub changes nothing: it goes on until nothing is found.
        Nothing is left of what cannot be decoded, by UTF-8 or one of the `encodings`, and of what
        takes more work than text that somebody typed. `spelt` is asked for the spelling that is
        kept, after a first look: in another, what is personal may no longer show.
        """
        for _ in range(_ROUNDS):
            scrubbed = spelt(self._once(text, encodings))
            if scrubbed == text:
                return text
            text = scrubbed
        return ""

    def _once(self, text: str, encodings: tuple[Encoding, ...]) -> str:
        whole = len(text) <= MAX_TYPED
        text = normalise(text, encodings)
        if len(text) > MAX_TEXT:
            whole, text = False, text[:MAX_TEXT]
        if _SUSPICIOUS.search(text):
            text = self._replaced(text)
        return text if whole else text[:-_TAIL].rpartition(" ")[0]

    def _replaced(self, text: str) -> str:
        found = 0
        if ":" in text:
            text, found = _PLACEHOLDER.subn(_marked, text)
        kept: list[str] = []
        digits = count_digits(text)
        for placeholder, fewest, find in self._detectors:
            if digits < fewest:
                continue
            spans = merged(find(text))
            if not spans:
                continue
            found += len(spans)
            if found > _MOST_FOUND:
                return ""
            pieces: list[str] = []
            position = 0
            for start, end in spans:
                if placeholder:
                    mark = _MARK[placeholder]
                else:
                    mark = chr(_KEPT + len(kept))
                    kept.append(text[start:end])
                pieces += (text[position:start], mark)
                position = end
            text = "".join((*pieces, text[position:]))
            digits = count_digits(text)
        text = text.translate(_UNMARK)
        for number, original in enumerate(kept):
            text = text.replace(chr(_KEPT + number), original)
        return " ".join(text.split())


def _marked(match: Match) -> str:
    return _MARK[match[1]] + str(match[0])[len(match[1]) :]
