"""An archive that the tests of the verifier take apart."""

import pytest

from tests.archive.archive_builder import small
from tests.archive.authority import Authority


@pytest.fixture(scope="session")
def shop():
    """The installation of `archive_builder.small`; not to be changed."""
    return small()


@pytest.fixture
def files(shop):
    """The files of its archive, to be changed at will."""
    return dict(shop.files)


@pytest.fixture
def new_authority(tool, tmp_path):
    """Make timestamp authorities, each with a folder of its own."""
    openssl = tool("openssl")
    return lambda name="tsa", **changes: Authority(tmp_path / name, openssl, **changes)


@pytest.fixture
def authority(new_authority):
    """A timestamp authority."""
    return new_authority()
