"""What we decide, as pure functions: no Kafka, no Faust, no files, no clock, no randomness."""
