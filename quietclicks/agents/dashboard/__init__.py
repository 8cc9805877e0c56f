"""The dashboard's own process: its store of published trends, and what feeds it."""
