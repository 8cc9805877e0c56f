"""Numbers that tell of people, before a report says them: it is kept for ever.

So that nobody takes one from a published number, and has the few whom that one leaves out.
"""

FEW = 100


def about(number: int, of: str) -> str:
    """`no events`, `fewer than 100 events`, `about 12,000 events`: two digits are told."""
    if number == 0:
        return f"no {of}"
    if number < FEW:
        return f"fewer than {FEW} {of}"
    step = max(FEW, 10 ** (len(str(number)) - 2))
    return f"about {round(number / step) * step:,} {of}"
