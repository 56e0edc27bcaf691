"""The numbers that stand for a link's states, and for what the tokenizer finds.

A record for whoever is loaded for a moment; files that stay on a board write the same numbers as const(), which take no heap
(tests/host/test_state_numbers.py holds them against this list).
"""

# Link.state
FREE = 0  # the module knows nothing of this id
OPENING = 1  # asked for, outcome open
OPEN = 2
LISTENING = 3
GONE = 4  # closed by peer or network; what the module still holds can be read
DEAD = 5  # unusable, `errno` says why; the module may still hold the id

# Link.ready: does data wait in the module?
NO = 0
MAYBE = 1  # the last read was short: ask once more before waiting for a notice
YES = 2

# What Tokenizer.next() returns.
NOTHING = 0  # the window is used up
LINE = 1  # line[:n] is a line
PROMPT = 2
END = 4  # the payload is complete; `taken` bytes of it came
FULL = 5  # payload waits in the window, its ring has no room
