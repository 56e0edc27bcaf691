"""Where options come from that are not on the command line: ATSOCK_... in the environment, then a config file.

    ATSOCK_PORT, ATSOCK_BAUD, ATSOCK_DIALECT, ATSOCK_APN, ATSOCK_USER, ATSOCK_PASSWORD, ATSOCK_PIN, ATSOCK_ACCESS,
    ATSOCK_RTSCTS (1 or 0)

The file has the same names in lower case, in TOML: port = "/dev/ttyUSB2".  It is ~/.config/atsock/config.toml (on
Windows and macOS where these keep such files), or what ATSOCK_CONFIG names.
"""

import os
import tomllib

import click

NAMES = ("port", "baud", "rtscts", "dialect", "apn", "user", "password", "pin", "access")
OF_ANY_MODULE = ("apn", "access")       # also for a virtual module; the others belong to the one on the port


def path():
    """The name of the config file."""
    return os.environ.get("ATSOCK_CONFIG") or os.path.join(click.get_app_dir("atsock"), "config.toml")


def fill(ctx, choice):
    """Give `choice` what the command line of `ctx` has left open.  Raises click's errors for what cannot be."""
    options = {option.name: option for option in ctx.command.params}
    given = [name for name in NAMES if name in options and not _is_open(ctx, name)]
    names = OF_ANY_MODULE if choice.sim else NAMES
    stored = None
    for name in names:
        if name not in options or name in given:
            continue
        source, value = f"ATSOCK_{name.upper()}", os.environ.get(f"ATSOCK_{name.upper()}")
        if not value:
            stored = _read(path()) if stored is None else stored
            source, value = path(), stored.get(name)
        if value is not None:
            setattr(choice, name, _converted(ctx, options[name], value, source))


def _is_open(ctx, name):
    return ctx.get_parameter_source(name) in (None, click.core.ParameterSource.DEFAULT)


def _converted(ctx, option, value, source):
    if isinstance(value, (dict, list)):
        raise click.UsageError(f"{source}: {option.name} is one value")
    try:
        return option.type_cast_value(ctx, value if isinstance(value, bool) else str(value))
    except click.BadParameter as error:
        raise click.UsageError(f"{source}: {option.name}: {error.message}") from error


def _read(name):
    try:
        with open(name, "rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        if os.environ.get("ATSOCK_CONFIG"):
            raise click.UsageError(f"ATSOCK_CONFIG: there is no {name}") from None
        return {}
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{name}: {error}") from error
    if unknown := sorted(set(found) - set(NAMES)):
        raise click.UsageError(f"{name}: {unknown[0]} is none of {', '.join(NAMES)}")
    return found
