"""TCP/IP codes of NL668 and L610 as printed: TCP&UDP AT manuals 2.3.

Loaded to look one up and dropped again: see texts.py.
"""

TEXT = b"""
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
