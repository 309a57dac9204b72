"""An archive that the tests of the verifier take apart."""

import pytest

from tests.archive.archive_builder import small


@pytest.fixture(scope="session")
def shop():
    """The installation of `archive_builder.small`; not to be changed."""
    return small()


@pytest.fixture
def files(shop):
    """The files of its archive, to be changed at will."""
    return dict(shop.files)
