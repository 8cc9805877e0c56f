"""Where day keys come from."""
