"""`python -m atsock_host` is the command `atsock`; run() is its entry point, which survives Ctrl-C at any moment."""

import sys

INTERRUPTED = 130
_AGAIN_S = 0.02


def run(name=None):
    """Run the command line and end the process."""
    sys.unraisablehook = _unraisable
    try:
        from .cli import main      # here, so that a Ctrl-C while it is being loaded is caught, too

        main(prog_name=name)
        status: "int | str | None" = 0
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:
        status = INTERRUPTED
    _ignore_interrupts()            # what follows is the interpreter's own end
    sys.exit(status)


def _ignore_interrupts():
    import signal

    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _unraisable(unraisable):
    # A Ctrl-C that came while a finaliser ran would be printed and forgotten: it is raised again, behind that.
    if unraisable.exc_type is KeyboardInterrupt:
        import _thread
        import threading

        again = threading.Timer(_AGAIN_S, _thread.interrupt_main)
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    run("python -m atsock_host")
