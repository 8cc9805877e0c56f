"""How records move: clients, groups, transactions, topics. It decides nothing about a record."""
