"""Keys of the customer display."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Language = Literal["", "zh-Hans", "zh-Hant", "en"]


class DisplayConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer displays: second windows that show customers their purchase."""

    slides: Annotated[
        str,
        Meta(
            max_length=200,
            description="Folder of pictures (PNG, JPEG, WebP) that are shown while nobody buys, relative to this file;"
            " empty: none.",
        ),
    ] = ""
    slide_s: Annotated[int, Meta(ge=3, le=600, description="Seconds for which a slide is shown.")] = 8
    promotions: Annotated[
        bool, Meta(description="Say the promotions that are in force now as slides of their own.")
    ] = True
    thanks_s: Annotated[
        int,
        Meta(ge=5, le=600, description="Seconds for which change, points and the code of the receipt stay."),
    ] = 30
    shows_stored_value: Annotated[
        bool, Meta(description="Show how much stored value a member has; people behind them see it too.")
    ] = False
    theme: Annotated[
        Literal["auto", "light", "dark"], Meta(description="Light or dark; auto: as the display's system has it.")
    ] = "auto"
