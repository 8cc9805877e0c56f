"""Writes the JSON Schemas anew: `.venv/bin/python -m tests.schemas.generate`"""

from quietclicks.schemas.json_schemas import CONTRACTS, text_of
from tests.paths import ROOT

COMMAND = ".venv/bin/python -m tests.schemas.generate"
FOLDER = ROOT / "quietclicks" / "schemas" / "json"


def main() -> None:
    """One file for each contract, and no other."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    for contract in CONTRACTS:
        (FOLDER / f"{contract.name}.json").write_text(text_of(contract), "utf-8")


if __name__ == "__main__":
    main()
