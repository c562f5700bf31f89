"""Changes of a draft: each makes a new one, and what promotions say of each other is kept whole."""

from __future__ import annotations

from typing import Any

import pytest

from edge.rule_drafts import (
    DraftRules,
    check_draft,
    copy,
    draft_text,
    free_id,
    parse_draft,
    put,
    switch_off,
    switch_on,
    take_out,
)
from rules.promotions import RuleSet


def table(promotion_id: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "percent_off", "id": promotion_id, "names": {"en": promotion_id}, "scope": {"all": True}, "off_bp": 500,
        **more,
    }  # fmt: skip


TWO = DraftRules((table("tea", combines_with=["milk"]), table("milk")), (), {})


def ids(draft: DraftRules | None) -> tuple[list[str], list[str]]:
    assert draft is not None
    return [each["id"] for each in draft.promotions], [each["id"] for each in draft.shelved]


def test_a_text_and_back() -> None:
    draft = DraftRules(TWO.promotions, (table("old"),), {"points": {"per_yuan_bp": 5_000}})
    assert parse_draft(draft_text(draft)) == draft


def test_put() -> None:
    assert ids(put(TWO, table("new"))) == (["tea", "milk", "new"], [])
    assert ids(put(TWO, table("cocoa"), instead_of="tea")) == (["cocoa", "milk"], [])
    assert put(TWO, table("cocoa"), instead_of="coffee") is None


def test_switched_off_and_on_again_it_goes_together_with_the_same_others() -> None:
    off = switch_off(TWO, "milk")
    assert ids(off) == (["tea"], ["milk"])
    assert off is not None and "combines_with" not in off.promotions[0]
    assert isinstance(check_draft(off, known_skus=None), RuleSet)
    on = switch_on(off, "milk")
    assert ids(on) == (["tea", "milk"], [])
    assert on is not None and on.promotions[1]["combines_with"] == ["tea"]


def test_switched_on_it_names_nobody_who_is_gone() -> None:
    off = switch_off(TWO, "tea")
    assert off is not None
    without = take_out(off, "milk")
    assert without is not None
    on = switch_on(without, "tea")
    assert on is not None and "combines_with" not in on.promotions[0]


@pytest.mark.parametrize("change", [switch_off, switch_on, take_out, copy])
def test_what_is_gone_is_said(change: Any) -> None:
    assert change(TWO, "coffee") is None


def test_a_copy_has_an_id_of_its_own() -> None:
    found = copy(TWO, "tea")
    assert found is not None
    assert ids(found[0]) == (["tea", "milk", "tea-2"], [])
    assert free_id(found[0], "tea-2") == "tea-3"
