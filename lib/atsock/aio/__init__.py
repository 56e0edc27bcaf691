"""asyncio over the modem: waiter.py waits for the module, streams.py has connections and servers."""
