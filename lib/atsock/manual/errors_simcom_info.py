"""<err_info>, the numeric form of +IP ERROR: A7600 chapter 3, SIM7028 5.1.

Loaded to look one up and dropped again: see texts.py.
"""

TEXT = b"""
0 Connection time out
1 Bind port failed
2 Port overflow
3 Create socket failed
4 Network is already opened
5 Network is already closed
6 No clients connected
7 No active client
8 Network not opened
9 Client index overflow
10 Connection is already created
11 Connection is not created
12 Invalid parameter
13 Operation not supported
14 DNS query failed
15 TCP busy
16 Net close failed for socket opened
17 Sending time out
18 Sending failure for network error
19 Open failure for network error
20 Server is already listening
21 Operation failed
22 No data
"""
