"""A package, so that no `tests` that a dependency brings along is taken for ours."""
