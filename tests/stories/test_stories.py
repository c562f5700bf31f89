"""Every story of this folder, played at a till of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivers.fake_gateway import CHARGES, REFUNDS, REVERSALS
from tests.shops import CONFIG, COUNTER, GATEWAY, TestShop, rules_with_coupons
from tests.stories.player import WORDS, Player, StoryError

STORIES = sorted(Path(__file__).parent.glob("*.till"))


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_story(story: Path, tmp_path: Path) -> None:
    config = CONFIG + (GATEWAY if story.stem.startswith("codes_") else "")
    # At lane 1 of these stories stand a scale and a pole display.
    config += COUNTER if story.stem.startswith("counter_") else ""
    # In these the day begins at four in the morning.
    config = config.replace("[store]\n", "[store]\nday_starts_hour = 4\n", int(story.stem.startswith("night_")))
    with TestShop(tmp_path / "shop", config=config, promotions=rules_with_coupons()) as shop:
        Player(shop).play(story)


def test_every_word_is_told_of_and_used() -> None:
    told = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"`([^`]+)`", told)
    steps = [line.partition("#")[0].strip() for path in STORIES for line in path.read_text("utf-8").splitlines()]
    for pattern, _ in WORDS:
        assert any(re.fullmatch(pattern, each) for each in examples), f"README.md does not tell of {pattern}"
        assert any(re.fullmatch(pattern, each) for each in steps), f"no story says {pattern}"


@pytest.mark.parametrize(
    ("word", "outcomes", "usual"),
    [("payment", CHARGES, "pays"), ("reversal", REVERSALS, "done"), ("refund", REFUNDS, "done")],
)
def test_every_outcome_of_the_gateway_is_told_of(word: str, outcomes: tuple[str, ...], usual: str) -> None:
    """What a gateway can answer is met by a whole till, and not by the table of states alone."""
    steps = "\n".join(path.read_text("utf-8") for path in STORIES)
    chosen = set(re.findall(rf"^next {word} (\w+)", steps, re.MULTILINE))
    # What nobody chose goes through, as `codes_paid.till` and `codes_returned.till` have it.
    assert chosen | {usual} == set(outcomes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scan 4006381333931\n", "story.till:1: scan 4006381333931: refused: locked"),  # nobody expected a refusal
        ("# sells\n\nexpect total 1.00\n", "story.till:3: expect total 1.00: found 0.00"),
        ("sing in zhang\n", "story.till:1: sing in zhang: no such words"),
        ("sign in zhang 1234\nvoid line 1\n", "story.till:2: void line 1: the basket has 0 lines"),
    ],
)
def test_a_story_fails_at_its_line(text: str, message: str, tmp_path: Path) -> None:
    story = tmp_path / "story.till"
    story.write_text(text, encoding="utf-8")
    with TestShop(tmp_path / "shop") as shop, pytest.raises(StoryError) as failed:
        Player(shop).play(story)
    assert str(failed.value).startswith(message)
