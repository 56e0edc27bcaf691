# Freezes the driver into MicroPython's firmware, where bytecode, machine code and constants stay in flash:
#
#     make BOARD=RPI_PICO FROZEN_MANIFEST=/path/to/my_manifest.py
#
# with, in my_manifest.py,
#
#     include("$(PORT_DIR)/boards/manifest.py")     # what the board has anyway
#     include("/path/to/atsock/lib/manifest.py")
#
# A port whose makefile names no architecture for machine code (the unix port) wants it too: MPY_CROSS_FLAGS=-march=x64.
# MicroPython documentation, "MicroPython manifest files".

metadata(
    version="0.1.0",
    description="Sockets over the TCP/IP stacks inside AT-command cellular modules",
    license="MIT",
)

package("atsock")
