"""R5, R6, R28: the short form of `make fuzz`; a seed that once failed is kept here."""

from __future__ import annotations

import pytest

from tests.faults.fuzz import Fuzz

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_four_people_over_bad_links_agree_with_the_database_and_the_log(seed: int) -> None:
    counts = Fuzz(seed).run(45)
    assert counts["done"] > 90
