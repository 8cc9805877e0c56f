"""Says which paths are assets: what a page loads or a program fetches, not what a visitor views.

By the name alone; it never looks at a query or a host.
"""

from quietclicks.pipeline.scrub.url.percent import decoded

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
_DIRECTORIES = ("/.well-known/", "/cdn-cgi/")


def is_asset(path: str) -> bool:
    """Whether this path (encoded or not, without query) is an asset: a style, script, picture, …"""
    path = decoded(path).lower().partition("?")[0].partition(";")[0].rstrip("/ .")
    name = path.rpartition("/")[2]
    if name in _NAMES or path.startswith(_DIRECTORIES):
        return True
    stem, dot, extension = name.rpartition(".")
    return bool(dot) and (extension in _EXTENSIONS or stem == "favicon")
