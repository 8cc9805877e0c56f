"""The data protection officer's commands. They see addresses, and keep and log none."""
