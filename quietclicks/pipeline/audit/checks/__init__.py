"""The checks: each a pure function over what was measured, and none asks a broker."""
