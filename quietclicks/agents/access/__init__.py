"""Who may do what on the broker: users, their rights, their files, and certificates."""
