"""What the sample shop sells, what its visitors look for, and from where they come.

Plain tables and the products made of them. Hosts that are not a public service's own end in
`.example`; no person is behind any name.
"""

from urllib.parse import quote_plus

ORIGIN = "https://shop.example"

CATEGORIES = (
    "bikes", "bike-parts", "helmets", "running-shoes", "hiking-boots", "tents", "backpacks",
    "sleeping-bags", "rain-jackets", "lamps", "bottles", "gifts",
)  # fmt: skip
PRODUCTS = 400
POSTS = (
    "choosing-a-helmet", "winter-commute", "first-night-in-a-tent", "how-we-repair",
    "packing-list", "shoes-that-last", "lights-and-the-law", "stoves-compared", "rain-test",
    "with-children", "maps-on-paper", "the-long-way-home",
)  # fmt: skip
HELP = ("/help/delivery", "/help/returns", "/help/sizes", "/help/contact", "/stores", "/gift-cards")

TERMS = (
    "helmet", "rain jacket", "bike light", "tent 2 person", "running shoes", "backpack 30l",
    "sleeping bag", "head torch", "water bottle", "hiking boots", "bike lock", "inner tube 28",
    "gloves", "merino", "camping stove", "kids helmet", "phone holder", "iphone 15 mount",
    "pannier", "pump", "gift card", "chain oil", "trekking poles", "waterproof trousers",
    "fahrradhelm", "regenjacke", "zelt", "wool socks", "saddle", "hammock", "casque vélo",
    "e-bike battery", "tubeless kit", "thermos 1l", "child seat", "reflective vest", "mudguard",
    "sunglasses", "size 42 boots", "ski goggles", "handschuhe", "brake pads", "multitool",
    "travel towel",
)  # fmt: skip
_COLOURS = ("red", "blue", "black", "green", "grey", "yellow", "olive", "white", "orange", "navy")
_KINDS = ("light", "warm", "waterproof", "folding", "ladies", "mens", "kids", "cheap", "vegan")
_THINGS = (
    "jacket", "helmet", "tent", "shoes", "boots", "bag", "lamp", "bottle", "gloves", "socks",
    "poncho", "saddle", "basket", "bell", "stove", "mat", "rope", "cap",
)  # fmt: skip
RARE_TERMS = tuple(f"{a} {b} {c}" for a in _COLOURS for b in _KINDS for c in _THINGS)

EMAILS = (
    "anna.schmidt@mail.example", "j.o.connor@post.example", "maria_rossi84@mail.example",
    "peter+shop@inbox.example", "kim.nguyen@students.example.org", "lena-vogel@firma.example",
    "tom.baker@mail.example.com", "s.haddad@example.net", "marie.dubois@courriel.example",
)  # fmt: skip
EXTRA_EMAIL = "order-contact@family.example"
"""Travels only in fields that nobody listed."""
# Numbers that regulators and card schemes set aside for fiction and tests.
PHONES = ("+44 20 7946 0958", "(202) 555-0143", "030 23125 470", "+1 415 555 0132")
CARDS = ("4111 1111 1111 1111", "5555555555554444", "3782 822463 10005")
IBANS = ("DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32")
# Where the link stands, and what it is about.
CAMPAIGNS = (
    ("newsletter", "autumn-sale"), ("newsletter", "welcome-back"), ("catalogue", "lights-week"),
)  # fmt: skip

# (kind, share of the landings, where from)
REFERRERS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("direct", 30, ()),
    ("search", 38, (
        "https://www.google.com/", "https://www.google.com/", "https://www.google.com/",
        "https://www.google.co.uk/", "https://www.google.de/", "https://www.bing.com/",
        "https://duckduckgo.com/", "https://www.ecosia.org/", "https://search.yahoo.com/",
        "android-app://com.google.android.googlequicksearchbox/",
    )),
    ("social", 11, (
        "https://l.instagram.com/", "https://l.facebook.com/", "https://m.facebook.com/",
        "https://www.pinterest.com/", "https://www.reddit.com/", "https://t.co/Qx7Ab2",
        "https://www.youtube.com/",
    )),
    ("ai", 6, (
        "https://chatgpt.com/", "https://chatgpt.com/", "https://www.perplexity.ai/",
        "https://gemini.google.com/", "https://copilot.microsoft.com/", "https://claude.ai/",
    )),
    ("site", 8, (
        "https://www.cycling-news.example/reviews/helmets", "https://forum.outdoor.example/t/8841",
        "https://blog.wanderer.example/packing?reader=771", "https://deals.example/today",
        "http://intranet.firma.example/benefits",
    )),
    ("newsletter", 7, ()),
)  # fmt: skip


def search_url(term: str, **parameters: str) -> str:
    """The address of the shop's answer to a search."""
    more = "".join(f"&{name}={quote_plus(value)}" for name, value in parameters.items())
    return f"{ORIGIN}/search?q={quote_plus(term)}{more}"


def campaign_url(path: str, source: str, campaign: str) -> str:
    """A link of a mailing or a printed page; the last parameter is nobody's business."""
    return (
        f"{ORIGIN}{path}?utm_source={quote_plus(source)}&utm_medium=email"
        f"&utm_campaign={quote_plus(campaign)}&mc_eid=9f2c41d0"
    )
