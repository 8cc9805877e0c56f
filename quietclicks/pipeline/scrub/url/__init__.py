"""What people put into paths and queries: decoding, noise, labels, personal data."""
