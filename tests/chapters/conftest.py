import pytest

from tests.built import CHAPTERS


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def path(request):
    return request.param
