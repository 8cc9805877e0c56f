"""`quietclicks access`: who may do what on the broker."""
