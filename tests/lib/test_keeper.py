"""keep(): attached for months, in a plain loop and under asyncio."""

import asyncio

import atsock
from cases import cases
from fakes import raises
from frames import DIALECTS, OK, line, speech
from test_bringup import ASK, start
from test_recovery import RESTART, Field


class Kept:
    """A Field with a Keeper, and what that has told."""

    def __init__(self, dialect, attach=True, **options):
        self.field = Field(dialect, True, **options)
        if not attach:
            self.field.modem._session.set_down()
            self.field.module.normal = speech(dialect).attach()
        self.told = []
        self.modem = self.field.modem
        self.clock = self.field.clock
        self.keeper = self.modem.keep(self.told.append, lambda reason: self.told.append("down: " + reason))

    def run(self, s):
        """The program's loop, for so many seconds."""
        end = self.clock.now + s * 1000
        self.clock.end = end + 3_600_000
        tape = self.field.tape
        while self.clock.now < end:
            self.keeper.poll(5000)
            if tape.at > 100:  # hours make a long tape, and a long list
                tape.input = tape.input[tape.at :]
                tape.at = 0
                seen = self.field.module.seen
                if len(seen) > 1000:
                    seen[:] = [command for command in seen if command == RESTART]

    def says(self, text):
        self.field.tape.input.append([0, "!", text])

    def context_is_gone(self):
        self.field.module.normal = speech(self.field.dialect).attach()


@cases("dialect", DIALECTS)
def test_it_attaches(dialect):
    kept = Kept(dialect, attach=False)
    kept.run(10)
    assert kept.told == ["10.0.0.1"] and kept.keeper.is_up and kept.modem.isconnected()


@cases("dialect", DIALECTS)
def test_it_tells_at_once(dialect):
    """By the poll() that finds the attempt, or the question, at its end; not only by the next one."""
    kept = Kept(dialect, attach=False)
    times = []
    kept.keeper._on_up = kept.keeper._on_down = lambda text: times.append(kept.clock.now)
    kept.run(10)
    kept.context_is_gone()
    kept.field.wrong = {b"AT+CMEE?": line(b"+CMEE: 1") + OK}
    kept.run(70)
    assert len(times) == 3 and times[0] <= 5000 and times[1] < 66_000, times


@cases("dialect", DIALECTS)
def test_a_poll_does_not_wait(dialect):
    """poll() sends a command at most; attaching goes on from call to call."""
    kept = Kept(dialect, attach=False)
    for _ in range(1000):
        before = kept.clock.now
        kept.keeper.poll()
        assert kept.clock.now == before
        kept.clock.pass_ms(10)
    assert kept.told == ["10.0.0.1"]


@cases("dialect", DIALECTS)
def test_it_comes_back_from_what_the_module_tells(dialect):
    """Loss of the network, a restart: down with the reason, and up again; as often as it happens."""
    kept = Kept(dialect)
    kept.run(1)
    for text, reason in ((speech(dialect).lost, "the network is lost"), (line(b"RDY"), "the module restarted")) * 3:
        del kept.told[:]
        kept.context_is_gone()
        kept.says(text)
        kept.run(60)
        assert kept.told == ["down: " + reason, "10.0.0.1"], kept.told
        kept.run(300)
    assert RESTART not in kept.field.module.seen


@cases("dialect", DIALECTS)
def test_it_notices_what_the_module_does_not_tell(dialect):
    """Nothing is sent, no word comes: the context is asked for every minute."""
    kept = Kept(dialect)
    kept.run(1)
    kept.context_is_gone()
    kept.field.wrong = {b"AT+CMEE?": line(b"+CMEE: 2") + OK}
    kept.run(120)
    assert kept.told == ["10.0.0.1", "down: the module restarted", "10.0.0.1"], kept.told


@cases("seconds", (1, 0), ("later", "from the first query on"))
@cases("dialect", DIALECTS)
def test_a_hung_module(dialect, seconds):
    """It answers nothing any more: reset by hardware, within five minutes."""
    kept = Kept(dialect)
    kept.run(seconds)
    kept.field.dead = True
    kept.field.cure = b"reset"
    kept.run(300)
    assert kept.told == ["10.0.0.1", "down: the module does not answer", "10.0.0.1"], kept.told


@cases("dialect", DIALECTS)
def test_one_question_that_is_not_answered(dialect):
    """The module was at something else: nothing is done about it."""
    kept = Kept(dialect)
    kept.run(1)
    kept.field.dead = True
    while not kept.keeper._silent:
        kept.keeper.poll(1000)
    kept.field.dead = False
    kept.run(300)
    assert kept.told == ["10.0.0.1"], kept.told
    assert kept.keeper._silent == 0


@cases("dialect", DIALECTS)
def test_an_open_has_shown_that_the_network_is_lost(dialect):
    """No notice, and no question of the keeper's: what an application's connect() finds is enough."""
    kept = Kept(dialect)
    kept.run(1)
    kept.modem._session.note_failure(atsock.ModemError(100, "no network"))  # ENETDOWN
    kept.run(30)
    assert kept.told == ["10.0.0.1", "down: the network is lost", "10.0.0.1"], kept.told


@cases("dialect", DIALECTS)
def test_pauses_between_attempts(dialect):
    """Longer ones after each failure, from five seconds on; the first one again when it has been up."""
    kept = Kept(dialect, attach=False)
    field = kept.field
    pauses = []
    for _ in range(2):
        field.wrong = {b"AT+CPIN?": line(b"+CME ERROR: 10") + OK}  # no SIM
        field.modem._session.set_down()
        for _ in range(3):
            kept.keeper.error = None
            while kept.keeper.error is None:
                kept.keeper.poll(100)
            ended = kept.clock.now
            del field.module.seen[:]
            while not field.module.seen:
                kept.keeper.poll(100)
            pauses.append((kept.clock.now - ended) // 1000)
        field.wrong = {}
        kept.run(200)
        assert kept.keeper.is_up
    assert pauses == [5, 15, 60] * 2, pauses


@cases("dialect", DIALECTS)
def test_no_network_for_hours(dialect):
    """Denied for four hours: told once; attempts have pauses, restarts keep the manual's waits; then it is up again."""
    kept = Kept(dialect)
    kept.run(1)
    denied = {b"AT+" + name + b"?": line(b"+" + name + b": 0,3") + OK for name in (b"CEREG", b"CREG", b"CGREG")}
    kept.field.wrong = dict(denied)
    kept.context_is_gone()
    kept.says(speech(dialect).lost)
    kept.run(4 * 3600)
    assert kept.told == ["10.0.0.1", "down: the network is lost"], kept.told
    assert 4 <= kept.field.module.count(RESTART) <= 8, kept.field.module.count(RESTART)
    assert "denied" in str(kept.keeper.error) or kept.keeper.error.errno == 11, kept.keeper.error
    kept.field.wrong = {}
    kept.run(600)
    assert kept.told[-1] == "10.0.0.1" and kept.keeper.error is None


def test_it_asks_little_of_a_module_that_is_well():
    """One question a minute, nothing else."""
    kept = Kept("bg96")
    kept.run(1)
    del kept.field.module.seen[:]
    kept.run(3600)
    assert set(kept.field.module.seen) == {b"AT+QIACT?"} and len(kept.field.module.seen) <= 60
    assert kept.told == ["10.0.0.1"]


def test_what_callbacks_raise_comes_out():
    modem, tape, clock, module = start("bg96")
    keeper = modem.keep(lambda address: {}["up"])
    raises(KeyError, lambda: [keeper.poll(500) for _ in range(100)])
    assert modem.isconnected()


def test_the_program_attaches_itself():
    """An attach() of the program's is not disturbed."""
    modem, tape, clock, module = start("bg96")
    told = []
    keeper = modem.keep(told.append)
    assert modem.attach("internet") == "10.0.0.1"
    keeper.poll()
    assert told == ["10.0.0.1"] and module.count(b"AT+QIACT=") == 1


def test_under_asyncio():
    """The same by a task, beside others; cancelled, it leaves nothing under way."""
    kept = Kept("bg96", attach=False)

    async def scene():
        task = asyncio.create_task(kept.keeper.run())
        await until(kept.modem, kept.clock, lambda: kept.told == ["10.0.0.1"])
        kept.context_is_gone()
        kept.says(speech("bg96").lost)
        await until(kept.modem, kept.clock, lambda: len(kept.told) == 3)
        kept.context_is_gone()  # and without a word
        await until(kept.modem, kept.clock, lambda: len(kept.told) == 5)
        await cancelled(task)

    asyncio.run(scene())
    lost = "down: the network is lost"
    assert kept.told[:3] == ["10.0.0.1", lost, "10.0.0.1"] and kept.told[4] == "10.0.0.1", kept.told
    assert kept.modem._session.is_idle()


async def cancelled(task):
    """Cancel it, and wait until it has ended."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def until(modem, clock, ready):
    # Time passes while the module, the driver and this task take turns; while the driver is at work, however fast the
    # computer is, no more of it than the driver sees go by.
    while not ready():
        clock.pass_ms(50)
        looks = clock.looks
        await asyncio.sleep(0)
        while clock.looks == looks and not modem._session.is_idle() and not ready():
            await asyncio.sleep(0)


def test_recover_under_asyncio():
    """recover_async() returns the same names; a tick of another task goes on meanwhile."""
    modem, tape, clock, module = start("bg96")
    modem.attach("internet")
    modem._session.set_down()
    taken = []

    async def recover():
        taken.append(await modem.recover_async())

    async def scene():
        asyncio.create_task(recover())
        await until(modem, clock, lambda: taken)

    asyncio.run(scene())
    assert taken == [["attach"]] and modem.isconnected()
    assert ASK["bg96"] in module.seen


def test_attach_async_says_where_it_stood():
    """As attach(): on_progress, and the step in the Timeout."""
    modem, tape, clock, module = start("bg96")
    for name in (b"CEREG", b"CREG", b"CGREG"):
        module.differs[b"AT+" + name + b"?"] = line(b"+" + name + b": 0,2") + OK
    told = []
    errors = []

    async def attach():
        try:
            await modem.attach_async("internet", timeout_ms=20_000, on_progress=lambda step, detail: told.append(step))
        except atsock.Timeout as error:
            errors.append(str(error))

    async def scene():
        asyncio.create_task(attach())
        await until(modem, clock, lambda: errors)

    asyncio.run(scene())
    assert "register" in errors[0] and "searching" in errors[0], errors
    assert "sim" in told
