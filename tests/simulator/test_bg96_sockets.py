"""BG96 sockets: opening, announcing data, listeners, closing, and the error codes of what fails."""

from bg96bench import SERVER, accepted, connected, listening, make, udp_service


def error_code(b):
    return int(b.ask("AT+QIGETERROR").split(b": ")[1].split(b",")[0])


def test_recv_line_comes_once_until_all_was_read():
    b = connected()
    stream = b.network.streams[0]
    stream.feed(b"0123456789")
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n'
    stream.feed(b"abc")
    assert b.ask("AT+QIRD=0,8") == b"\r\n+QIRD: 8\r\n01234567\r\n\r\nOK\r\n"
    stream.feed(b"def")
    assert b.rx() == b""
    assert b.ask("AT+QIRD=0,0") == b"\r\n+QIRD: 16,8,8\r\n\r\nOK\r\n"
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 8\r\n89abcdef\r\n\r\nOK\r\n"
    stream.feed(b"x")
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n'


def test_module_holds_no_more_than_its_buffer():
    b = connected()
    stream = b.network.streams[0]
    stream.feed(bytes(10240))
    assert stream.free_buffer() == 0
    b.rx()
    b.ask("AT+QIRD=0,1500")
    assert stream.free_buffer() == 1500


def test_closed_line_comes_before_the_rest_is_read():
    b = connected()
    stream = b.network.streams[0]
    stream.feed(b"last words")
    stream.close_by_peer()
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n'
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 10\r\nlast words\r\n\r\nOK\r\n"
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 0\r\n\r\nOK\r\n"
    assert b',4,1,0,0,"usbmodem"' in b.ask("AT+QISTATE=1,0")
    assert b.ask("AT+QISEND=0,3", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert error_code(b) == 567
    assert b.ask("AT+QICLOSE=0") == b"\r\nOK\r\n"
    assert b.ask("AT+QISTATE=1,0") == b"\r\nOK\r\n"
    assert b.module.violations == []


def test_pushed_data_is_all_out_before_the_closed_line():
    b = connected(mode=1)
    stream = b.network.streams[0]
    stream.feed(b"a\r\nOK\r\nb")
    stream.close_by_peer()
    assert b.rx() == b'\r\n+QIURC: "recv",0,8\r\na\r\nOK\r\nb\r\n\r\n+QIURC: "closed",0\r\n'


def test_push_waits_while_the_line_is_full():
    b = connected(mode=1)
    b.module.tracks_delivery = True
    stream = b.network.streams[0]
    stream.feed(bytes(6000))
    first = b.module.take()
    assert first.count(b'+QIURC: "recv",0,1500') == 2
    assert stream.available() == 3000
    b.module.delivered(len(first))
    assert b.module.take().count(b'+QIURC: "recv",0,1500') == 2


def test_view_mode_1_puts_the_data_on_the_line():
    b = connected()
    b.ask('AT+QICFG="viewmode",1')
    b.network.streams[0].feed(b"test")
    b.rx()
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 4,test\r\n\r\nOK\r\n"
    assert b.ask("AT+QISWTMD=0,1") == b"\r\nOK\r\n"
    b.network.streams[0].feed(b"more")
    assert b.rx() == b'\r\n+QIURC: "recv",0,4,more\r\n'


def test_view_mode_1_of_a_udp_service():
    b = udp_service()
    b.ask('AT+QICFG="viewmode",1')
    b.network.sockets[0].put_received(b"AAAA", "10.7.76.34", 7687)
    b.rx()
    assert b.ask("AT+QIRD=2") == b'\r\n+QIRD: 4,"10.7.76.34",7687,AAAA\r\n\r\nOK\r\n'


def test_hex_format_counts_bytes_and_writes_digits():
    b = connected()
    b.ask('AT+QICFG="dataformat",1,1')
    assert b.ask("AT+QISEND=0,3", until=b"> ") == b"\r\n> "
    b.tx("00ff1")
    assert b.rx() == b""
    b.tx("A")
    assert b.rx() == b"\r\nSEND OK\r\n"
    assert b.network.streams[0].sent == b"\x00\xff\x1a"
    assert b.ask("AT+QISEND=0,0") == b"\r\n+QISEND: 3,3,0\r\n\r\nOK\r\n"
    b.network.streams[0].feed(b"\x00\xab\r\n")
    b.rx()
    assert b.ask("AT+QIRD=0,2") == b"\r\n+QIRD: 2\r\n00AB\r\n\r\nOK\r\n"
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 2\r\n0D0A\r\n\r\nOK\r\n"
    b.ask("AT+QISWTMD=0,1")
    b.network.streams[0].feed(b"\x01\x02")
    assert b.rx() == b'\r\n+QIURC: "recv",0,2\r\n0102\r\n'
    assert b.module.violations == []


def test_hex_format_refuses_what_is_no_hex():
    b = connected()
    b.ask('AT+QICFG="dataformat",1,0')
    b.ask("AT+QISEND=0,1", until=b"> ")
    b.tx("xy")
    assert b.rx() == b"\r\nERROR\r\n"
    assert b.module.violations == ["payload that is not pairs of hex digits [AT+QISEND=0,1]"]


def test_data_echo_stands_between_prompt_and_result():
    b = connected()
    b.ask("AT+QISDE=1")
    b.ask("AT+QISEND=0,4", until=b"> ")
    b.tx("test")
    assert b.rx() == b"test\r\nSEND OK\r\n"
    b.ask("AT+QISEND=0", until=b"> ")
    b.tx("test\x1a")
    assert b.rx() == b"test\r\nSEND OK\r\n"


def test_data_echo_is_on_at_the_start():
    b = make()
    b.module.restart()
    b.wait(5000)
    b.rx()
    b.module.echo = False
    assert b.ask("AT+QISDE?") == b"\r\n+QISDE: 1\r\n\r\nOK\r\n"


def test_counters_tell_what_the_peer_has_not_acknowledged():
    b = connected()
    b.ask("AT+QISEND=0,4", until=b"> ")
    b.tx("test")
    b.rx()
    b.network.streams[0].pending = 3
    assert b.ask("AT+QISEND=0,0") == b"\r\n+QISEND: 4,1,3\r\n\r\nOK\r\n"


def test_full_send_buffer_takes_nothing():
    b = connected()
    b.network.streams[0].pending = 10240
    b.ask("AT+QISEND=0,4", until=b"> ")
    b.tx("test")
    assert b.rx() == b"\r\nSEND FAIL\r\n"
    assert b.network.streams[0].sent == b""
    b.network.streams[0].pending = 0
    b.ask("AT+QISEND=0,4", until=b"> ")
    b.tx("test")
    assert b.rx() == b"\r\nSEND OK\r\n"
    assert b.module.violations == []


def test_escape_cancels_a_send():
    b = connected()
    b.ask("AT+QISEND=0", until=b"> ")
    b.tx("half\x1b")
    assert b.rx() == b"\r\nOK\r\n"
    assert b.network.streams[0].sent == b""
    assert error_code(b) == 571


def test_lines_wait_for_the_end_of_a_payload():
    b = connected()
    b.ask("AT+QISEND=0,4", until=b"> ")
    b.network.streams[0].feed(b"data")
    assert b.rx() == b""
    b.tx("test")
    assert b.rx() == b'\r\nSEND OK\r\n\r\n+QIURC: "recv",0\r\n'


def test_udp_client_hears_its_peer_only():
    b = make(f'AT+QIOPEN=1,0,"UDP",{SERVER},5000,0')
    sock = b.network.sockets[0]
    sock.put_received(b"stranger", "192.0.2.99", 1)
    assert b.rx() == b""
    sock.put_received(b"friend", "220.180.239.212", 8009)
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n'
    assert b.ask("AT+QIRD=0,4") == b"\r\n+QIRD: 4\r\nfrie\r\n\r\nOK\r\n"
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 2\r\nnd\r\n\r\nOK\r\n"
    b.ask("AT+QISEND=0,2", until=b"> ")
    b.tx("hi")
    assert b.rx() == b"\r\nSEND OK\r\n"
    assert sock.sent == [(b"hi", ("220.180.239.212", 8009))]


def test_udp_service_reads_one_datagram_and_takes_no_length():
    b = udp_service()
    sock = b.network.sockets[0]
    sock.put_received(b"one", "10.7.76.34", 7687)
    sock.put_received(b"second", "10.7.76.35", 7688)
    b.rx()
    assert b.ask("AT+QIRD=2,1500", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.ask("AT+QIRD=2") == b'\r\n+QIRD: 3,"10.7.76.34",7687\r\none\r\n\r\nOK\r\n'
    assert b.ask("AT+QIRD=2,0") == b"\r\n+QIRD: 9,3,6\r\n\r\nOK\r\n"
    assert b.ask("AT+QIRD=2") == b'\r\n+QIRD: 6,"10.7.76.35",7688\r\nsecond\r\n\r\nOK\r\n'
    assert b.ask("AT+QISEND=2,3", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.ask('AT+QISENDEX=2,"3132"', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert len(b.module.violations) == 3


def test_udp_service_in_push_mode_names_the_sender():
    b = make('AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,3030,1')
    b.network.sockets[0].put_received(b"AAAA", "10.7.76.34", 7687)
    assert b.rx() == b'\r\n+QIURC: "recv",2,4,"10.7.76.34",7687\r\nAAAA\r\n'


def test_accepted_connections_take_the_highest_free_id_and_the_mode_of_the_listener():
    b = make('AT+QIOPEN=1,11,"TCP LISTENER","127.0.0.1",0,2020,1')
    listener = b.network.listeners[0]
    b.network.accept(listener, "172.31.242.222", 54091)
    b.network.accept(listener, "172.31.242.223", 54092)
    assert b.rx() == (b'\r\n+QIURC: "incoming",10,11,"172.31.242.222",54091\r\n'
                      b'\r\n+QIURC: "incoming",9,11,"172.31.242.223",54092\r\n')
    assert b.ask("AT+QISTATE=1,9") == (b'\r\n+QISTATE: 9,"TCP INCOMING","172.31.242.223",54092,2020,2,1,11,1,'
                                       b'"usbmodem"\r\n\r\nOK\r\n')
    b.network.streams[1].feed(b"hello")
    assert b.rx() == b'\r\n+QIURC: "recv",9,5\r\nhello\r\n'


def test_the_quirk_puts_accepted_connections_in_buffer_mode():
    b = make('AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,2020,1', quirks=("incoming-buffer",))
    b.network.accept(b.network.listeners[0], "172.31.242.222", 54091)
    b.network.streams[0].feed(b"hello")
    assert b.rx().endswith(b'\r\n+QIURC: "recv",11\r\n')


def test_thirteenth_socket_is_refused():
    b = listening()
    for n in range(11):
        b.network.accept(b.network.listeners[0], "172.31.242.222", 50000 + n)
    b.rx()
    stream = b.network.accept(b.network.listeners[0], "172.31.242.222", 60000)
    assert b.rx() == b'\r\n+QIURC: "incoming full"\r\n'
    assert stream.aborted


def test_closing_a_listener_leaves_its_connections():
    b = accepted()
    assert b.ask("AT+QICLOSE=1") == b"\r\nOK\r\n"
    assert b.network.listeners[0].ended
    assert b.ask("AT+QIRD=11,1500") == b"\r\n+QIRD: 0\r\n\r\nOK\r\n"


def open_result(b, command):
    """The line behind the OK of +QIOPEN, which may come in one burst with it."""
    b.tx(command + "\r")
    got = b.read_exactly(b"\r\nOK\r\n")
    return got or b.read_until(b"\r\n")


def test_refused_connection():
    b = make()
    b.network.refuse.add("220.180.239.212")
    assert open_result(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0') == b"\r\n+QIOPEN: 0,566\r\n"
    assert open_result(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0') == b"\r\n+QIOPEN: 0,563\r\n"
    assert b.ask("AT+QICLOSE=0") == b"\r\nOK\r\n"
    b.network.refuse.clear()
    assert open_result(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0') == b"\r\n+QIOPEN: 0,0\r\n"


def test_silent_peer():
    b = make()
    b.network.silent.add("220.180.239.212")
    assert open_result(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0') == b"\r\n+QIOPEN: 0,566\r\n"
    assert b.clock.ms > 60_000


def test_name_that_nobody_knows():
    b = make()
    b.network.unknown.add("nosuch.invalid")
    assert open_result(b, 'AT+QIOPEN=1,0,"TCP","nosuch.invalid",80,0,0') == b"\r\n+QIOPEN: 0,565\r\n"


def test_name_is_resolved_and_shown_as_address():
    b = make()
    b.network.names["example.com"] = ["192.0.2.80"]
    assert open_result(b, 'AT+QIOPEN=1,0,"TCP","example.com",80,0,0') == b"\r\n+QIOPEN: 0,0\r\n"
    assert b.ask("AT+QISTATE").startswith(b'\r\n+QISTATE: 0,"TCP","192.0.2.80",80,')


def test_ports_that_are_taken():
    b = listening()
    b.network.taken_ports.add(3030)
    assert open_result(b, 'AT+QIOPEN=1,3,"UDP SERVICE","127.0.0.1",0,3030,0') == b"\r\n+QIOPEN: 3,556\r\n"
    assert open_result(b, f'AT+QIOPEN=1,4,"TCP",{SERVER},2020,0') == b"\r\n+QIOPEN: 4,574\r\n"


def test_transparent_failures_are_plain_errors():
    b = make()
    b.network.refuse.add("220.180.239.212")
    assert b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert error_code(b) == 566


def test_context_that_is_not_active():
    b = make()
    assert open_result(b, f'AT+QIOPEN=2,0,"TCP",{SERVER},0,0') == b"\r\n+QIOPEN: 0,561\r\n"
    assert len(b.module.violations) == 1


def test_arguments_that_contradict_the_service():
    for arguments in ('"TCP LISTENER","127.0.0.1",0,0,0', '"TCP LISTENER","10.7.157.1",0,2020,0',
                      '"UDP SERVICE","127.0.0.1",0,3030,2', '"TCP","220.180.239.212",0,0,0', '"TCP","",80,0,0'):
        b = make()
        assert b.ask(f"AT+QIOPEN=1,0,{arguments}", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
        assert error_code(b) == 552
        assert len(b.module.violations) == 1


def test_closing_during_the_opening_takes_the_result_away():
    b = make()
    b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0')
    assert b.ask("AT+QICLOSE=0") == b"\r\nOK\r\n"
    b.wait(150_000)
    assert b.rx() == b""
    assert b.module.violations == []


def test_using_a_socket_that_is_opening():
    b = make()
    b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0')
    assert b.ask("AT+QISEND=0,4", until=b"ERROR\r\n").endswith(b"\r\nERROR\r\n")
    assert b.module.violations == ["connectID 0 is still opening [AT+QISEND=0,4]"]


def test_using_a_socket_that_is_not_open():
    for command in ("AT+QISEND=5,4", "AT+QISEND=5", "AT+QIRD=5,1500", 'AT+QISENDEX=5,"31"', "AT+QISWTMD=5,1"):
        b = make()
        assert b.ask(command, until=b"ERROR\r\n") == b"\r\nERROR\r\n"
        assert error_code(b) == 567
        assert b.module.violations == [f"connectID 5 is not open [{command}]"]


def test_close_of_what_is_not_open_is_no_fault():
    b = make()
    assert b.ask("AT+QICLOSE=7") == b"\r\nOK\r\n"
    assert b.module.violations == []
    b = make(quirks=("qiclose-unknown-error",))
    assert b.ask("AT+QICLOSE=7", until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def test_reading_outside_buffer_mode():
    b = connected(mode=1)
    assert b.ask("AT+QIRD=0,1500", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations == ["+QIRD outside buffer mode [AT+QIRD=0,1500]"]


def test_switching_to_push_brings_out_what_was_buffered():
    b = connected()
    b.network.streams[0].feed(b"old")
    b.rx()
    assert b.ask("AT+QISWTMD=0,1", until=b"old\r\n") == b'\r\nOK\r\n\r\n+QIURC: "recv",0,3\r\nold\r\n'


def test_qisendex_takes_256_bytes():
    b = connected()
    assert b.ask('AT+QISENDEX=0,"' + "A5" * 256 + '"') == b"\r\nSEND OK\r\n"
    assert b.network.streams[0].sent == b"\xa5" * 256
    for digits in ("A5" * 257, "A", "XY"):
        assert b.ask(f'AT+QISENDEX=0,"{digits}"', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert len(b.module.violations) == 3


def test_fault_names_of_the_socket_commands():
    b = make(quirks=("qiopen-552", "qiopen-failed-free"))
    b.network.refuse.add("220.180.239.212")
    for _ in range(2):
        assert open_result(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0') == b"\r\n+QIOPEN: 0,552\r\n"
    b = make(quirks=("qiopen-error-at-once",))
    assert b.ask(f'AT+QIOPEN=2,0,"TCP",{SERVER},0,0', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b = make(quirks=("qiopen-silent",))
    b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0')
    b.wait(200_000)
    assert b.rx() == b""
    b = connected(quirks=("qiclose-slow", "qistate-3"))
    assert b',3,1,0,0,"usbmodem"' in b.ask("AT+QISTATE=1,0")
    before = b.clock.ms
    assert b.ask("AT+QICLOSE=0,10") == b"\r\nOK\r\n"
    assert b.clock.ms - before == 9900


def test_fault_names_of_data():
    b = connected(quirks=("recv-length", "recv-rearm-at-zero", "prompt-bare", "send-fail"))
    stream = b.network.streams[0]
    stream.feed(b"abc")
    assert b.rx() == b'\r\n+QIURC: "recv",0,3\r\n'
    b.ask("AT+QIRD=0,1500")
    stream.feed(b"unheard")
    assert b.rx() == b""
    b.ask("AT+QIRD=0,1500")
    assert b.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 0\r\n\r\nOK\r\n"
    stream.feed(b"heard")
    assert b.rx() == b'\r\n+QIURC: "recv",0,5\r\n'
    answers = []
    for _ in range(3):
        assert b.ask("AT+QISEND=0,1", until=b">") == b"\r\n>"
        b.tx("x")
        answers.append(b.rx())
    assert answers == [b"\r\nSEND OK\r\n", b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n"]
    b = connected(1, quirks=("push-no-crlf",))
    b.network.streams[0].feed(b"abc")
    assert b.rx() == b'\r\n+QIURC: "recv",0,3\r\nabc'
    b = connected(1, quirks=("push-shared-crlf", "push-small"))
    b.network.streams[0].feed(b"a" * 100 + b"b\r\n")
    assert b.rx() == (b'\r\n+QIURC: "recv",0,100\r\n' + b"a" * 100 + b"\r\n"
                      b'\r\n+QIURC: "recv",0,3\r\nb\r\n')
