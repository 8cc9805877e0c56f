"""`quietclicks bench`."""
