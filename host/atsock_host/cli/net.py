"""atsock ping, resolve, ntp: the module's own network tools."""

import socket

import click

from .session import failing, modem_options, opened_modem, reach, waiting
from .words import say


@click.command("ping", short_help="Let the module ping a host.")
@click.argument("host")
@click.option("--count", type=click.IntRange(1, 10), default=4, show_default=True, help="How many.")
@click.option("--size", type=click.IntRange(min=1), default=32, show_default=True, help="Bytes in each.")
@click.option("--timeout", "timeout_ms", type=click.IntRange(min=1), default=4000, show_default=True,
              help="Wait for each, in ms.")
@modem_options
def ping_command(choice, host, count, size, timeout_ms):
    """Let the module ping HOST (a name or an address)."""
    with opened_modem(choice) as modem:
        with failing(f"cannot ping {host}", reach(choice, host)), waiting(f"pinging {host}"):
            result = modem.ping(host, count=count, size=size, timeout_ms=timeout_ms)
        lost = 100 * (result.sent - result.received) // result.sent if result.sent else 100
        say(f"{host}: {result.sent} sent, {result.received} received, {lost} % lost")
        if not result.received:
            raise click.ClickException(f"{host} did not answer")
        say(f"round trip min/avg/max {result.min_ms}/{result.avg_ms}/{result.max_ms} ms")


@click.command("resolve", short_help="Resolve a name with the module's DNS.")
@click.argument("name")
@click.option("--ipv6", "-6", is_flag=True, help="IPv6 addresses.")
@modem_options
def resolve_command(choice, name, ipv6):
    """Print the addresses of NAME as the module's DNS gives them, one per line."""
    with opened_modem(choice) as modem:
        with failing(f"cannot resolve {name}", reach(choice, name)), waiting(f"resolving {name}"):
            addresses = modem.resolve(name, socket.AF_INET6) if ipv6 else modem.resolve(name)
        if not addresses:
            raise click.ClickException(f"cannot resolve {name}: no address")
        for address in addresses:
            say(address)


@click.command("ntp", short_help="Set the module's clock from a time server.")
@click.argument("server", default="pool.ntp.org")
@click.option("--ntp-port", type=click.IntRange(1, 65535), default=123, show_default=True, help="UDP port of SERVER.")
@modem_options
def ntp_command(choice, server, ntp_port):
    """Set the module's clock from the time server SERVER (default: pool.ntp.org) and print what it reports."""
    with opened_modem(choice) as modem:
        with failing(f"cannot get the time from {server}", reach(choice, server)), waiting(f"asking {server}"):
            report = modem.ntp(server, ntp_port)
        say(report)
