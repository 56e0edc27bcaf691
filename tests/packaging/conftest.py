"""Fixtures of the packaging tests; their parts live in support.py."""

import pytest

import support  # noqa: F401  before the tools: it says where they are

import build_mpy


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """A folder with the .mpy build for every kind of board."""
    into = tmp_path_factory.mktemp("build")
    build_mpy.build(into)
    return into
