"""The audit: what is promised to the public, held against what was measured."""
