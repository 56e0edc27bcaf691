"""The programs here run as those of ../fronts do: its helpers are on the path.  Servers last as long as a file."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fronts"))


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """See libraries.far_end()."""
    from libraries import far_end
    from servers import Broker, Web, WebSocketEcho

    folder = tmp_path_factory.mktemp("far")
    with Web(folder) as web, WebSocketEcho() as echo, Broker(folder) as broker:
        yield far_end(web, echo, broker)
