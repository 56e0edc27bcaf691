"""What the driver takes of a board, in bytes and on both widths of a word, against the budgets of tools/sizes.py."""

import pytest

from support import TREE  # noqa: F401  before the tools: it says where they are

import contents
import sizes
import wasm

pytestmark = pytest.mark.slow

DIALECTS = contents.dialects()


def needs_32():
    try:
        wasm.package()
    except wasm.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return sizes.make_tree(tmp_path_factory.mktemp("forms"))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("form", sizes.FORMS)
def test_kept_with_words_of_64_bits(tree, form, dialect):
    assert sizes.kept(sizes.use(tree, 64, form, dialect)) <= sizes.KEPT[64, form]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("form", [form for form in sizes.FORMS if form != sizes.ROMFS])
def test_kept_with_words_of_32_bits(tree, form, dialect):
    needs_32()
    assert sizes.kept(sizes.use(tree, 32, form, dialect)) <= sizes.KEPT[32, form]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_kept_from_romfs_as_estimated(tree, dialect):
    needs_32()
    assert sizes.kept(sizes.measure(tree, dialect)[32, sizes.ROMFS]) <= sizes.KEPT[32, sizes.ROMFS]


@pytest.mark.parametrize("bits, form", sizes.HEAPS)
def test_it_works_in_a_heap_of(tree, bits, form):
    """Import, attach, connect and transfers; and half of it is too little, so that the heap is really that small."""
    if bits == 32:
        needs_32()
    heap = sizes.HEAPS[bits, form]
    assert sizes.works_in(tree, bits, form, "bg96", heap)
    assert not sizes.works_in(tree, bits, form, "bg96", heap // 2)


def test_flash(tree):
    assert sizes.flash(tree) <= sizes.FLASH


def test_what_stays_in_flash_is_not_on_the_heap(tree):
    """ROMFS keeps less than .mpy, frozen code less than ROMFS; .mpy and source keep much the same."""
    mpy, romfs, frozen = (
        sizes.kept(sizes.use(tree, 64, form, "bg96")) for form in (sizes.MPY, sizes.ROMFS, sizes.FROZEN))
    assert frozen < 0.8 * romfs < 0.8 * 0.8 * mpy


def test_all_steps_are_counted(tree):
    found = sizes.use(tree, 64, sizes.MPY, "bg96")
    assert tuple(step for step, _, _ in found["steps"]) == sizes.STEPS
    for step, stays, allocated in found["steps"]:
        assert allocated >= stays > 0, step
    assert {"atsock", "atsock.core.engine", "atsock.dialects.bg96"} <= set(found["modules"])
    assert not any(name.startswith("atsock.manual") for name in found["modules"])


def test_mpy_spares_the_peak_of_the_import(tree):
    """What is allocated while importing, not what stays, is what .mpy is for."""
    allocated = [sizes.use(tree, 64, form, "bg96")["steps"][0][2] for form in (sizes.MPY, sizes.SOURCE)]
    assert 3 * allocated[0] < allocated[1]


def test_every_file_is_measured(tree):
    order = contents.in_order_of_need(contents.modules())[:-1]
    found = sizes.file_heap(tree, 64, order)
    assert list(found) == order
    assert found["atsock.core.engine"] > found["atsock.core.port"] > 0
