"""Where each tracker's requests arrive, who reads them, and what each expects to be told."""

from collections.abc import Mapping

from quietclicks.pipeline.collect import goatcounter, matomo, native, plausible, umami
from quietclicks.pipeline.collect.view import Cookies, Format

_MATOMO = Format("matomo", ("GET", "POST"), matomo.read, matomo.reply)

FORMATS: Mapping[str, Format] = {
    "/collect": Format("snippet", ("POST",), native.read, native.reply, tells_choice=True),
    "/pixel.gif": Format("picture", ("GET",), native.read, native.reply),
    "/api/event": Format(
        "plausible",
        ("POST",),
        plausible.read,
        plausible.reply,
        cookies=Cookies.ON_THE_PAGES_HOST,
    ),
    "/matomo.php": _MATOMO,
    "/piwik.php": _MATOMO,
    "/api/send": Format("umami", ("POST",), umami.read, umami.reply, cookies=Cookies.LEFT_OUT),
    "/count": Format("goatcounter", ("GET", "POST"), goatcounter.read, goatcounter.reply),
}
"""By the path of a request."""
