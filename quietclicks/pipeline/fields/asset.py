"""Says which paths are assets: what a page loads or a program fetches, not what a visitor views.

By the name alone; it never looks at a query or a host.
"""

from quietclicks.pipeline.encodings import UNREADABLE
from quietclicks.pipeline.scrub.url.percent import MAX_DECODED, decoded

_EXTENSIONS = frozenset(
    """
    css less scss xsl xslt js mjs cjs map wasm json jsonld webmanifest apng avif bmp cur gif
    heic ico jfif jp2 jpe jpeg jpg jxl png svg svgz tif tiff webp eot otf ttc ttf woff woff2
    atom rdf rss xml aac avi flac flv m3u8 m4a m4v mkv mov mp3 mp4 mpeg mpg oga ogg ogv opus
    srt swf vtt wav weba webm wmv 7z apk bin bz2 deb dmg exe gz img iso jar msi rar rpm tar
    tbz tgz txz xz zip zst
    """.split()
)
_NAMES = frozenset(
    """
    robots.txt humans.txt ads.txt app-ads.txt security.txt llms.txt llms-full.txt
    sellers.json feed feeds rss atom sitemap favicon service-worker xmlrpc.php
    """.split()
)
_END = 64  # characters: of what is too long to be decoded the end alone is looked at
_DIRECTORIES = ("/.well-known/", "/cdn-cgi/")


def is_asset(path: str) -> bool:
    """Whether this path (encoded or not, without query) is an asset: a style, script, picture, …"""
    plain = decoded(path) if len(path) <= MAX_DECODED else UNREADABLE
    if plain == UNREADABLE:
        last = path.rstrip("/ .").rpartition("/")[2].partition(";")[0]
        plain = decoded("/" + last[-_END:])
    path = plain.lower().partition("?")[0].partition(";")[0].rstrip("/ .")
    name = path.rpartition("/")[2]
    if name in _NAMES or path.startswith(_DIRECTORIES):
        return True
    stem, dot, extension = name.rpartition(".")
    return bool(dot) and (extension in _EXTENSIONS or stem == "favicon")
