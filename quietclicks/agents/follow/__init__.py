"""Following growing logs: their new lines into the raw topic, each once over restarts."""
