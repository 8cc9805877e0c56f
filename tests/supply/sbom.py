"""`make sbom`: what quietclicks is made of, as a CycloneDX list, from the locks alone.

    make sbom

Each component with its version and checksums; `excluded` is what only development needs, and the
build. The same locks give the same bytes.
"""

import argparse
import json
import uuid
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from quietclicks import __version__
from tests.paths import ROOT
from tests.supply.locked import Locked, jars, needed_at_run_time, packages

OUT = ROOT / "dist" / "sbom.cdx.json"


def bom() -> Bom:
    """All of both locks."""
    ours = Component(
        name="quietclicks",
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref="quietclicks",
        licenses=[LicenseExpression("Apache-2.0")],
    )
    needed = needed_at_run_time()
    components = [
        *(component(each, "pypi", each.name in needed) for each in packages()),
        # Of the broker for trying out: a worker in production brings none.
        *(component(each, "maven", False) for each in jars()),
    ]
    made = Bom(components=components)
    made.metadata.component = ours
    made.register_dependency(ours, [each for each in components if is_required(each)])
    names = "\n".join(sorted(str(each.purl) for each in components))
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, names)
    return made


def component(locked: Locked, kind: str, is_needed: bool) -> Component:
    """One line of a lock."""
    url = PackageURL(kind, locked.group or None, locked.name, locked.version)
    return Component(
        name=locked.name,
        group=locked.group or None,
        version=locked.version,
        purl=url,
        bom_ref=url.to_string(),
        scope=ComponentScope.REQUIRED if is_needed else ComponentScope.EXCLUDED,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in locked.sha256],
    )


def is_required(each: Component) -> bool:
    """Whether a worker needs it."""
    return each.scope is ComponentScope.REQUIRED


def text() -> str:
    """As it is written."""
    made = json.loads(JsonV1Dot6(bom()).output_as_string())
    del made["metadata"]["timestamp"]  # when it was made says nothing of what is in it
    return json.dumps(made, indent=2) + "\n"


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description="Writes what quietclicks is made of.")
    parser.add_argument("--out", type=Path, default=OUT)
    out: Path = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text(), "utf-8")
    print(f"{out}: {len(packages())} packages and {len(jars())} jars")


if __name__ == "__main__":
    main()
