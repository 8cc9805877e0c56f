"""Which topics there are, how a broker must keep them, and how one differs from that."""
