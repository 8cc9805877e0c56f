"""A real Apache Kafka broker on loopback, by package alone, for the demo and the tests."""
