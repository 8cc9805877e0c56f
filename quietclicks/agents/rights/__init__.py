"""What requests of data subjects need from Kafka: it looks things up, and decides nothing."""
