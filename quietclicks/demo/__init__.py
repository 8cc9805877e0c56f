"""A sample day of a shop, made from a seed."""
