"""Quietclicks turns a website's clickstream into anonymous trends."""

__version__ = "0.1.0"
