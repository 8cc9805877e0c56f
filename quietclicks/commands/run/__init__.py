"""`quietclicks run`: everything on this machine."""
