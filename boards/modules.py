"""How long the power key and the reset pin of each module are pressed, in ms, and which dialect it speaks.

Levels are the module's: its pins PWRKEY and RESET are pressed low; board.py knows what the board between makes of it.
None: the module has no such pin, or no public document with the time is known here.

on_ms       power key: switches on.  For Quectel and SIMCom shorter than what switches off, so that a press of a
            running module does nothing
off_ms      power key: switches off
down_ms     from the end of that press until the module may be switched on again
reset_ms    reset pin
boot_ms     how long to go on asking AT after that: this project's allowance, no manual's
"""

# As public drivers quote Quectel's hardware manual, which was not at hand: power-on 500 ms and more, reset 150 to
# 460 ms.  Switching off from 650 ms on, 30 s for the procedure behind it: BG95&BG96 Compatible Design V1.0, 4.3.2.
BG96 = {"dialect": "bg96", "on_ms": 600, "off_ms": 800, "down_ms": 30_000, "reset_ms": 300, "boot_ms": 13_000}

# As public drivers quote it: on 500 to 1000 ms, off 650 to 1500 ms and then 1.3 s and more.  Its reset pin is the
# power key pressed for 2 to 3.8 s: with one key it is switched off and on instead.
BG95 = {"dialect": "bg96", "on_ms": 600, "off_ms": 800, "down_ms": 5_000, "reset_ms": None, "boot_ms": 13_000}

# Xinyuan-LilyGO/LilyGO-T-A76XX, examples/ATdebug/utilities.h: MODEM_POWERON_PULSE_WIDTH_MS and _POWEROFF_ of each
# module; ATdebug.ino: reset.
A7670 = {"dialect": "a7600", "on_ms": 100, "off_ms": 3_000, "down_ms": 5_000, "reset_ms": 2_600, "boot_ms": 15_000}
A7608 = {"dialect": "a7600", "on_ms": 1_000, "off_ms": 3_000, "down_ms": 5_000, "reset_ms": 2_600, "boot_ms": 15_000}

# M5Stack, schematic of the Unit NB-IoT2 (U111-B): the SIM7028 has no power key, it runs while it has supply.
SIM7028 = {"dialect": "sim7028", "on_ms": None, "off_ms": None, "down_ms": None, "reset_ms": None, "boot_ms": 15_000}

# RT-Thread at_device, class/nl668/at_device_nl668.c and class/l610/at_device_l610.c, ..._power_on(): low for 2 s.
# No public document with the times of switching off and of the reset pin is known here.
NL668 = {"dialect": "nl668", "on_ms": 2_000, "off_ms": None, "down_ms": None, "reset_ms": None, "boot_ms": 20_000}
L610 = {"dialect": "l610", "on_ms": 2_000, "off_ms": None, "down_ms": None, "reset_ms": None, "boot_ms": 20_000}
