"""What a request to the collector says of a page view. No socket, no clock, no Kafka."""
