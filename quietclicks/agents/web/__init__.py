"""What is answered over HTTP: a worker's health and metrics, and the live page."""
