"""Keyed hashes that are good for one day, one site and one use; and the keys at hand."""
