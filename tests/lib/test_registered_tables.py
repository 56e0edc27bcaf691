"""dialects.register(): what is wrong with an application's table is said there, not in the middle of a connection."""

from atsock import dialects
from cases import cases
from fakes import raises

BG96 = dialects.get("bg96")
PUSH = BG96.ACCESS["push"]

WRONG = (  # what the class says, words of the error
    ({"LINKZ": range(3)}, ("LINKZ", "no such attribute")),
    ({"NAME": ""}, ("NAME", "a str", "''")),
    ({"NAME": 96}, ("NAME", "a str", "96")),
    ({"MODELS": "FX"}, ("MODELS", "tuple of bytes", "'FX'")),
    ({"MODELS": ("FX",)}, ("MODELS", "tuple of bytes")),
    ({"LINKS": 5}, ("LINKS", "range", "5")),
    ({"LINKS": range(0)}, ("LINKS", "missing")),
    ({"CLOSE": None}, ("CLOSE", "missing")),
    ({"CLOSE": b"AT+QICLOSE=<link>"}, ("CLOSE", "timeout_ms")),
    ({"CLOSE": (b"AT+QICLOSE=<lnk>", 1000, 1, 0)}, ("CLOSE", "<lnk>", "link")),
    ({"CLOSE": (b"AT+QICLOSE=<link", 1000, 1, 0)}, ("CLOSE", "<link>")),
    ({"CLOSE": (b"AT+QICLOSE=<link>", 1000)}, ("CLOSE", "timeout_ms")),
    ({"CLOSE": ("AT+QICLOSE=<link>", 1000, 1, 0)}, ("CLOSE", "bytes")),
    ({"SEND": (b"AT+QISEND=<link>,<n>", 1000, 1, 0, (b"AT+X=<lnk>", 1, 1, 0))}, ("SEND", "<lnk>")),
    ({"ACTIVATE": (b"AT+QIACT=<host>", 1000, 1, 0)}, ("ACTIVATE", "<host>", "apn")),
    ({"CONFIGURE": (b"AT+QICSGP=1", 1000, 1, 0)}, ("CONFIGURE", "b'AT+QICSGP=1'")),
    ({"SETUP": ((b"AT+QISDE=0",),)}, ("SETUP", "MUST or MAY")),
    ({"STATE": (b"AT+QIACT?",)}, ("STATE", "4 fields")),
    ({"OPEN_IDS": b"AT+QISTATE?"}, ("OPEN_IDS", "3 fields")),
    ({"REGISTRATION": b"AT+CREG?"}, ("REGISTRATION", "tuple of bytes")),
    ({"ACCESS": {"buffr": PUSH}}, ("'buffr'", "buffer, push, hex, transparent")),
    ({"ACCESS": {"push": 1}}, ("'push'", "10 fields")),
    ({"ACCESS": {"push": PUSH[:9]}}, ("'push'", "10 fields")),
    ({"ACCESS": {"push": PUSH[:1] + ("1460",) + PUSH[2:]}}, ("'push'", "chunk", "'1460'")),
    ({"ACCESS": {"push": PUSH[:7] + (((b"+X:", 1),),) + PUSH[8:]}}, ("9 fields",)),
    ({"MODELS": b"FX"}, ("MODELS", "tuple of bytes")),
    ({"MODELS": {b"FX"}}, ("MODELS", "tuple of bytes")),
    ({"LINKS": (0, "1")}, ("LINKS", "int")),
    ({"CONFIGURE": b"AT+QICSGP=1"}, ("CONFIGURE", "tuple of templates")),
    ({"CLOSE": [b"AT+QICLOSE=<link>", 1000, 1, 0]}, ("CLOSE", "timeout_ms")),
    ({"CLOSE": (b"AT+QICLOSE=<link>", "1000", 1, 0)}, ("CLOSE", "bytes, int")),
    ({"CLOSE": (b"AT+QICLOSE=<link>", 1000, 1, None)}, ("CLOSE", "bytes, int")),
    ({"STATE": [b"AT+QIACT?", 1, 2, 3, 4]}, ("STATE", "4 fields")),
    ({"REGISTRATION": [b"AT+CREG?"]}, ("REGISTRATION", "tuple of bytes")),
    ({"REGISTRATION": ("AT+CREG?",)}, ("REGISTRATION", "tuple of bytes")),
    ({"DATA_ENDS": ("NO CARRIER",)}, ("DATA_ENDS", "tuple of bytes")),
    ({"SETUP": ([1, b"AT+QISDE=0"],)}, ("SETUP", "MUST or MAY")),
    ({"SETUP": ((1, "AT+QISDE=0"),)}, ("SETUP", "MUST or MAY")),
    ({"SETUP": ((1, (b"AT+X=<apn>", 1000, 1, 0)),)}, ("SETUP", "<apn>")),
    ({"ACCESS": {"push": ((b"AT+X=<lnk>", 1000, 1, 0),) + PUSH[1:]}}, ("'push'", "<lnk>")),
    ({"ACCESS": {"push": PUSH[:3] + ("1500",) + PUSH[4:]}}, ("'push'", "read", "'1500'")),
    ({"ACCESS": {"push": PUSH[:6] + (((b"AT+X",),),) + PUSH[7:]}}, ("'push'", "MUST or MAY")),
    ({"ACCESS": {"push": PUSH[:9] + (((b"AT+X",),),)}}, ("'push'", "MUST or MAY")),
    ({"LINES": ((1,) * 9,)}, ("row", "9 fields, name first")),
    ({"LINES": ([b"+X:"] + [1] * 8,)}, ("row", "9 fields, name first")),
    ({"LINES": b"+QIURC:"}, ("LINES", "tuple of rows")),
    ({"LINES": (b"+QIURC:",)}, ("row", "9 fields")),
)


def table(**says):
    return type("Own", (BG96,), says)


@cases(("says", "words"), WRONG, [str(n) for n in range(len(WRONG))])
def test_it_says_what_is_wrong(says, words):
    before = dialects.names()
    own = {"NAME": "own"}
    own.update(says)
    text = str(raises(ValueError, dialects.register, table(**own)))
    assert text.startswith("Own"), text
    for word in words:
        assert word in text, text
    assert dialects.names() == before


@cases("dialect", ("a7600", "bg96", "l610", "nl668", "sim7028"))
def test_the_built_in_ones_are_right(dialect):
    """And a table that changes nothing but its name is, too."""
    try:
        dialects.register(dialects.get(dialect))
        dialects.register(type("Own", (dialects.get(dialect),), {"NAME": "own"}))
        assert "own" in dialects.names()
    finally:
        dialects._registered.clear()
