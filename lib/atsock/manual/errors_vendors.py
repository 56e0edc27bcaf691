"""Codes of the makers' own lists: of results (+QIOPEN: 0,566), of +QIGETERROR, +CIPERROR, +IP ERROR, +TCPIP ERROR.

Looked up by texts.py.
"""

# BG96 TCP/IP AT Commands Manual, chapter 4
QUECTEL = b"""
0 Operation successful
550 Unknown error
551 Operation blocked
552 Invalid parameters
553 Memory not enough
554 Create socket failed
555 Operation not supported
556 Socket bind failed
557 Socket listen failed
558 Socket write failed
559 Socket read failed
560 Socket accept failed
561 Open PDP context failed
562 Close PDP context failed
563 Socket identity has been used
564 DNS busy
565 DNS parse failed
566 Socket connect failed
567 Socket has been closed
568 Operation busy
569 Operation timeout
570 PDP context broken down
571 Cancel send
572 Operation not allowed
573 APN not configured
574 Port busy
"""

# <err>: A7600 TCPIP AT Command Manual chapter 4, SIM7028 Application Note 5.2
SIMCOM = b"""
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

# <err_info>, the numeric form of +IP ERROR: A7600 chapter 3, SIM7028 5.1
SIMCOM_INFO = b"""
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

# TCP/IP codes of NL668 and L610 as printed: TCP&UDP AT manuals 2.3
FIBOCOM = b"""
2000 TCPIP Param wrong
2001 TCPIP not supported in ppp mode
2002 TCPIP dns convert to ip fail
2003 TCPIP socket number limited
2004 TCPIP invalid operation
2005 TCPIP protol error
2006 TCPIP send data too long
2007 TCPIP send data memory failed
2008 TCPIP service not in correct state
2009 TCPIP pdp not defined
2010 TCPIP new socket failed
2011 TCPIP socket bind fail
2012 TCPIP socket connect fail
2013 TCPIP socket send fail
2014 TCPIP socket close fail
2015 TCPIP get socket receive buffer failed
2016 TCPIP receive data failed
2017 TCPIP socket used
2018 TCPIP get send buffer size failed
2019 TCPIP socket send data failed
2020 TCPIP socket send data size limited
2021 TCPIP socket set listening mode failed
2022 TCPIP socket listen fail
2023 TCPIP socket error
2024 TCPIP socket not opened
2025 TCPIP tcp stack confige failed
2026 TCPIP socket no data to send
2027 TCPIP socket send invalid data state
2028 TCPIP socket close client
2029 TCPIP ping error
2030 TCPIP ppp not connected
2031 TCPIP mipcall not active
2032 TCPIP etcpip not active
2033 TCPIP not def4
"""
