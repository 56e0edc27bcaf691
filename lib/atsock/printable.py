"""What a module said, for messages."""


def printable(data):
    """Bytes of the wire as str, for messages: what is no printable ASCII becomes "?"."""
    return "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in data])
