"""What the audit measures on a live broker: thin readers, which change nothing and judge nothing.

None of them hands on a value of an event but to the pure checks, and none holds more than a bounded
part of a topic.
"""
