"""<err> of A7600 (chapter 4) and SIM7028 (5.2).

Loaded to look one up and dropped again: see texts.py.
"""

TEXT = b"""
0 operation succeeded
1 Network failure
2 Network not opened
3 Wrong parameter
4 Operation not supported
5 Failed to create socket
6 Failed to bind socket
7 TCP server is already listening
8 Busy
9 Sockets opened
10 Timeout
11 DNS parse failed for AT+CIPOPEN
12 Unknown error
"""
