"""Commands whose answer needs no program: rows of the tables in the modules' files, and what a row does.

Info        answers a text: AT+QCCID, AT+CESQ
Stored      keeps what it is given: AT+QSCLK=1, AT+QSCLK? and AT+QSCLK=?
Options     keeps values under a name that is the first argument: AT+QCFG="band",...
Accepted    answers OK to whatever it is given

Texts are formatted with the module as `m`: "{m.ICCID}".  Values are kept in the module: until a restart, or for ever
with `saved`.  Knows no command.
"""

from .arguments import BadArguments, Int, Quoted


CARD_IN, CARD_OPEN = "in", "open"


def _shown(values):
    return ",".join("" if value is None else f'"{value}"' if isinstance(value, str) else str(value)
                    for value in values)


def _lines(texts):
    return (texts,) if isinstance(texts, str) else texts


class Info:
    """Lines per form; a form that is None is unknown, () is a bare OK.  `unregistered`: without a network, instead.

    `card`: what the SIM card tells, CARD_IN also while it wants its PIN, CARD_OPEN not.
    """

    def __init__(self, exec=None, *, read=None, test=(), write=None, unregistered=None, card=None):
        self.forms = {"exec": exec, "read": read, "test": test, "write": write}
        self.unregistered = unregistered
        self.card = card

    def answer(self, module, name, form, args):
        del name, args
        texts = self.forms[form]
        if texts is None:
            module.unknown()
            return
        if self.card and form != "test" and not module.card_serves(unlocked=self.card == CARD_OPEN):
            return
        if self.unregistered is not None and form != "test" and not module.registered:
            texts = self.unregistered
        for text in _lines(texts):
            module.info(text.format(m=module))
        module.ok()


class Stored:
    """`kinds` of the arguments; `start` values; `test` behind the name; `read` another text, with the values as `v`.

    `least`: so many arguments have to be given; the others keep their value.
    """

    def __init__(self, *kinds, start, test="", read=None, saved=False, least=1):
        self.kinds = kinds
        self.start = start
        self.test = test
        self.read = read
        self.saved = saved
        self.least = least

    def values(self, module, key):
        return module.kept(self.saved).get(key, self.start)

    def store(self, module, key, args):
        if not self.least <= len(args) <= len(self.kinds):
            raise BadArguments(f"{len(args)} arguments, allowed are {self.least} to {len(self.kinds)}")
        values = list(self.values(module, key))
        values += [None] * (len(self.kinds) - len(values))
        for place, (kind, value) in enumerate(zip(self.kinds, args)):
            if value is not None:
                values[place] = kind.check(value, place + 1)
            elif place < self.least:
                raise BadArguments(f"argument {place + 1} is empty")
        while len(values) > len(self.start) and values[-1] is None:
            values.pop()
        module.kept(self.saved)[key] = tuple(values)

    def answer(self, module, name, form, args):
        if form == "test":
            if self.test:
                module.info(f"{name}: {self.test}")
        elif form == "write":
            self.store(module, name, args)
        else:
            values = self.values(module, name)
            module.info(f"{name}: {_shown(values)}" if self.read is None else self.read.format(m=module, v=values))
        module.ok()


class Options:
    """Values under a name: `rows` maps names to Stored; others are accepted when `others`, and keep up to 8 values."""

    def __init__(self, rows, *, keys=1, others=False):
        self.rows = rows
        self.keys = keys        # arguments that make the key: 2 for AT+QSSLCFG="sslversion",<context>
        self.others = others

    def answer(self, module, name, form, args):
        if form == "test":
            for option, row in self.rows.items():
                module.info(f'{name}: "{option}",{row.test}')
            module.ok()
        elif form == "write":
            self._write(module, name, args)
            module.ok()
        else:
            module.unknown()

    def _write(self, module, name, args):
        if not isinstance(args[0], Quoted) or len(args) < self.keys:
            raise BadArguments("a quoted option is missing")
        option = str(args[0]).lower()
        row = self.rows.get(option)
        if row is None:
            if not self.others:
                raise BadArguments(f"no option is called {option!r}")
            row = Stored(*(_Anything() for _ in range(8)), start=(0,))
        index = args[1:self.keys]
        for value in index:
            Int(0, 99).check(value, 2)
        key = (name, option, *index)
        if len(args) > self.keys:
            if len(module.kept(row.saved)) < 500:
                row.store(module, key, args[self.keys:])
        else:
            shown = _shown((args[0], *index, *row.values(module, key)))
            module.info(f"{name}: {shown}")


class _Anything:
    @staticmethod
    def check(value, place):
        del place
        return value


class Accepted:
    """OK to everything; `test` behind the name."""

    def __init__(self, test=""):
        self.test = test

    def answer(self, module, name, form, args):
        del args
        if form == "test" and self.test:
            module.info(f"{name}: {self.test}")
        module.ok()
