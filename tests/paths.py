"""Where the tests find things."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Real inputs that are not part of the project: tests that use them skip where they are missing."""
