"""Events from files: raw events as NDJSON, access logs, and the ticks that a replay brings."""
