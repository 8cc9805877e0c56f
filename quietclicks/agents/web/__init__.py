"""The worker's web server: live page, health, metrics."""
