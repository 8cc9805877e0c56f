"""`quietclicks audit`."""
