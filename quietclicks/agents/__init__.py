"""How it moves: Faust app, exactly-once runner, keys, metrics, web. It decides nothing."""
