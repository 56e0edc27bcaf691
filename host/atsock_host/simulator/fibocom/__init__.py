"""The Fibocom modules NL668 and L610: one command family, differing in the data below.

Sources: Fibocom NL668 TCP&UDP AT manual; Fibocom L610 AT Commands User Manual TCP&UDP V1.0.0.
The commands are in the mixins beside this file.
"""

from .answers import AnswerTables
from .base import FibocomBase
from .close import CloseMixin
from .flow import FlowMixin
from .link import LinkMixin
from .names import NamesMixin
from .online import OdmMixin
from .open import OpenMixin
from .ping import PingMixin
from .receive import ReceiveMixin
from .send import SendMixin


class Fibocom(LinkMixin, OpenMixin, CloseMixin, SendMixin, FlowMixin, ReceiveMixin, OdmMixin, PingMixin,
              NamesMixin, AnswerTables, FibocomBase):
    """What both modules are."""


class NL668(Fibocom):
    MODEL = "NL668-EU-00"
    REVISION = "19006.1000.00.02.80.07"
    QUIRKS = {
        "read-tables": "no blank after the colon in the answers to AT+MIPREAD (tables of 1.1.23)",
    }

    OPEN_TEST = '(1-6),(1-65535),("Destination_IP"),(0-65535),(0-2)'
    PUSH_TEST = "(1-6),<Destination_IP>,(0-65535)"
    ODM_TEST = '(1-6),(1-65535),("Destination IP"),(0-65535),(0-2),(0-1)'
    KEEPCONF_NAME = "+MIPKEEPCONF:"     # 1.1.14.2 prints no blank
    NTP_NAME = "+MIPNTP:"               # 1.1.22.2, read form


class L610(Fibocom):
    MODEL = "L610-CN-00"
    REVISION = "16000.1000.00.09.80.02"

    OPERATIONS = (0, 1, 2, 3)           # 1.1.1.4
    AUTH_MAX = 3                        # printed range 0-2, but 3 is in the list
    PROTOCOLS = (0, 1, 2, 60, 61, 62)
    SOURCE_PORT_MIN = 0
    PROMPT = ">\r\n"                    # text of 1.2.1-1.2.3; this manual has no examples
    PUSH_LINE_FOR_UDP = False           # tables of 1.2.1-1.2.3
    WATERMARK_SENDS_ALL = True          # 1.1.4.1
    ODM_PORT_MIN = 1                    # 1.1.18.4 does not list port 0
    TELLS_SUSPENDED_DATA = True         # 1.1.24
    PING_MODES = (0, 1, 2)
    HAS_ADDRESS_TYPE = True
    HAS_MSV6DNS = True
    OPEN_TEST = "(1-6),(0-65535),(<IP/URL>),(0-65535),(0-2,60-62)"
    PUSH_TEST = "(1-6),(<IP>),(0-65535)"
    ODM_TEST = "(1-6),(0-65535),(<IP/URL>),(1-65535),(0-2,60-62),(0-1)"
