"""Rights of the people behind the clicks: what is decided of a request. It reaches nothing."""
