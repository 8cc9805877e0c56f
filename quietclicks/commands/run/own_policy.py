"""The policy as a run's processes get it: the one it was given, and short segments.

Nobody reads that file, so it is written anew from what was read, without its comments.
"""

import tomli_w

from quietclicks.pipeline.policy.toml import read_toml

# What is deleted leaves the disk by whole segments: a key is to die while somebody looks on.
SEGMENT, WHY = "5s", "so short for this run alone"
DEMO_HOST = "127.0.0.1"


def for_a_run(text: str, site: str | None = None, demo: str | None = None) -> str:
    """`text` is a policy's, in whatever way TOML can be written; `site` is added if it lacks it.

    `demo` is a site whose pages are on this machine as well, for this run.
    """
    data = read_toml(text)
    data.setdefault("topics", {})["segment"] = SEGMENT
    data.setdefault("sources", {})["topics.segment"] = WHY  # no number stands there without
    if site is not None:
        data["sites"].setdefault(site, {})
    site_of_demo = data.get("sites", {}).get(demo)
    if site_of_demo is not None:
        there = site_of_demo.get("hosts", [demo, f"www.{demo}"])
        site_of_demo["hosts"] = [*there, DEMO_HOST]
    return tomli_w.dumps(data)
