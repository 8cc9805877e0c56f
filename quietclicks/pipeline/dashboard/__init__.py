"""What the live page shows, from published trends alone."""
