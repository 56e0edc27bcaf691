"""Sockets: opening and closing, transfers, TCP, UDP, servers, data mode, and the socket module that libraries get."""
