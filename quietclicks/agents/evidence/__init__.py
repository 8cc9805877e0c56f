"""The audit log as it lies in Kafka: who writes it, and who reads it."""
