"""The statement for the public, rendered from the policy alone."""
