"""Bytes to events: UART, tokens, commands, connections.  No vendor word, no waiting (but session.py), no allocation."""
