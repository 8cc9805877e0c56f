"""The whole pipeline without Kafka, and what it is asked: previews, canaries, utility."""
