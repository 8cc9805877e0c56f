"""Every format that the collector reads, by the path that a tracker asks for."""

from quietclicks.pipeline.collect.goatcounter import GOATCOUNTER
from quietclicks.pipeline.collect.matomo import MATOMO
from quietclicks.pipeline.collect.native import NATIVE, PIXEL
from quietclicks.pipeline.collect.plausible import PLAUSIBLE
from quietclicks.pipeline.collect.umami import UMAMI
from quietclicks.pipeline.collect.view import Format

FORMATS: tuple[Format, ...] = (NATIVE, PIXEL, PLAUSIBLE, MATOMO, UMAMI, GOATCOUNTER)
BY_PATH: dict[str, Format] = {path: each for each in FORMATS for path in each.paths}
