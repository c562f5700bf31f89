"""What stories say of the customer display: what stands on it, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.clock import monotonic_s
from edge.display import DisplayView, display_view
from edge.texts import Texts

if TYPE_CHECKING:
    from tests.stories.player import Player

CHINESE = Texts("zh-Hans")


def seen(player: Player) -> DisplayView:
    """Return what the customer at this lane sees now."""
    screens = player.shop.parts.screens
    display = player.shop.parts.config.display
    return display_view(
        screens.newest(player.lane),
        since_s=monotonic_s() - screens.since_s(player.lane),
        thanks_s=display.thanks_s,
        shows_stored_value=display.shows_stored_value,
        live=player.shop.parts.shop.weights.live(player.lane),
    )


def told(player: Player) -> dict[str, str]:
    """Return each thing that the display says, by what the story calls it."""
    view = seen(player)
    said = {
        "lines": " ".join(f"{each.names.zh_hans} {CHINESE.amount(each.net)}" for each in view.lines),
        "total": CHINESE.amount(view.total),
        "due": CHINESE.amount(view.due),
        "saved": CHINESE.amount(view.saved),
        "change": CHINESE.amount(view.change),
        "points": f"+{view.points if view.points_after is not None else view.points_to_come}",
        "balance": str(view.points_after) if view.points_after is not None else "none",
        "newest": next((each.names.zh_hans for each in view.lines if each.is_newest), "none"),
        "member": "nobody",
        "distance": "none",
        "asked": f"{view.asked.names.zh_hans} {CHINESE.amount(view.asked.price)}" if view.asked else "nothing",
    }
    member = view.member
    if member is not None:
        said["member"] = f"{member.name} {member.phone} {member.tier_names.zh_hans}".strip()
        if member.next_tier_names is not None:
            said["distance"] = CHINESE.distance(
                member.next_tier_by, member.next_tier_short, member.next_tier_names
            ).replace(" ", "")
    return said


def expect_face(player: Player, face: str) -> None:
    assert seen(player).face == face, f"the display is {seen(player).face}"


def expect_told(player: Player, what: str, wanted: str) -> None:
    found = told(player)[what]
    assert found == wanted, f"the display's {what} is {found}"


def expect_hidden(player: Player, secret: str) -> None:
    assert secret not in repr(seen(player)), f"the display holds {secret}"


WORDS = (
    (r"expect display (closed|learning|idle|basket|paying|thanks)", expect_face),
    (r"expect display (lines|total|due|saved|change|points|balance|newest|member|distance|asked) (.+)", expect_told),
    (r"expect display hides (.+)", expect_hidden),
)
