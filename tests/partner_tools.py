"""The example of a partner's copy, which is no part of the package."""

import importlib.util
from types import ModuleType

from tests.paths import ROOT


def partner_copy() -> ModuleType:
    """The file, as a module."""
    path = ROOT / "deploy" / "partner_copy.py"
    spec = importlib.util.spec_from_file_location("partner_copy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
