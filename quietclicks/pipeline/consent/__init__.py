"""Who may use an event for what: signals, choices and consent strings, by the policy's rules."""
