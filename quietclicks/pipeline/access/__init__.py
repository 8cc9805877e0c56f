"""Who may do what: one table of roles, the rights that follow, and how a broker's differ."""
