"""`quietclicks collector` and what belongs to it."""
