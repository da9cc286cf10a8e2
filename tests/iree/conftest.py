"""Without the extra `nmcu[iree]` what calls IREE is skipped."""

import pytest

from nmcu.iree import IreeError, adapter


@pytest.fixture(scope="session")
def iree() -> None:
    try:
        adapter.require()
    except IreeError as error:
        pytest.skip(str(error))
