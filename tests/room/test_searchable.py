"""What can be marked searchable: attributes with one value, and what is shipped marks no other and unmarks none."""

from __future__ import annotations

import pytest

from customer_inventory.model import Resource
from customer_inventory.repository.indexing import Step, steps
from customer_inventory.repository.kinds import KINDS, indexable, indexes_of
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.indexes import check_searchable


@pytest.mark.parametrize("resource", KINDS.values(), ids=KINDS)
def test_what_is_shipped_can_be_searched_by_and_unmarks_nothing(resource: Resource) -> None:
    """A baseline that forgot a mark would drop an index everywhere."""
    assert set(resource.searchable) <= set(indexable(resource))
    for requirement in shipped(resource.name).values():
        check_searchable(requirement, resource)
        assert requirement.searchable or requirement.attribute not in resource.searchable


def test_no_two_indexes_have_one_name_and_none_is_cut() -> None:
    every = [index for each in KINDS.values() for path in indexable(each) for index in indexes_of(each, path)]
    assert len({index.name for index in every}) == len(every) > 500
    assert max(len(index.name) for index in every) == 63


def test_steps_drop_what_is_half_built_or_not_wanted_before_they_build() -> None:
    by_name = {index.name: index for path in ("name", "status") for index in indexes_of(KINDS["customer"], path)}
    there = {"customer_by_name": False, "customer_asked_description": True}
    assert steps(by_name, there) == [
        Step("customer_asked_description"),
        Step("customer_by_name"),
        Step("customer_by_status", by_name["customer_by_status"]),
    ]
    assert steps(by_name, {}) == [Step(name, index) for name, index in sorted(by_name.items())]
    assert steps(by_name, dict.fromkeys(by_name, True)) == []
