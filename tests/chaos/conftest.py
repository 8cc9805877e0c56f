"""As in tests/kafka: whole workers on a real broker, but they are killed."""

from tests.kafka.conftest import own_broker_at_the_end

__all__ = ["own_broker_at_the_end"]
