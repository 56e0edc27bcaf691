"""A socket gets its link.  Loaded for the moment."""


def _adopt(socket, link, table):
    # The socket has this link from now on; table: of its access mode, see Table.socket().
    socket._link = link
    socket._table = table
    socket._reading = 0  # what link.rx is doing, see sockets.py
    socket._writing = False  # link.tx is in flight, or finished and not looked at
    socket._given_up = False  # it is what is left of a send() that ran out of time
    socket._deadline = 0
    socket._retry_ms = 0
    socket._retry_at = 0
    socket._checked = socket._engine.after_ms(0)  # ticks of the last look into the module's buffer
    link.tx.verb = table[0]
