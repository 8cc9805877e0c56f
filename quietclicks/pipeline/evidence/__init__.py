"""The audit log's core: entries, their Merkle tree, signed checkpoints, and what verifies them."""
