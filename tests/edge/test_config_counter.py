"""Scales and pole displays in the configuration: what does not fit together is said before the shop opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config_file import parse_config

STORE = '[store]\nid = "S001"\nname_zh_hans = "店"\n'
SCALE = '[[device]]\nname = "scale-1"\nkind = "serial_scale"\npath = "/dev/serial/by-id/a"\nprotocol = "cas"\n'
POLE = (
    '[[device]]\nname = "pole-1"\nkind = "pole_display"\npath = "/dev/serial/by-id/b"\nprotocol = "led8"\nbaud = 2400\n'
)
FAKES = '[screen]\nbench = true\n[[device]]\nname = "s"\nkind = "fake_scale"\n[[device]]\nname = "p"\nkind = "fake_pole_display"\n'


def problems(text: str) -> list[str]:
    found = parse_config(text, path=Path("taptill.toml"), base_dir=Path())
    return [str(each) for each in found] if isinstance(found, tuple) else []


@pytest.mark.parametrize(
    "text", [SCALE, POLE, SCALE + POLE, FAKES, SCALE + "max_weight_g = 15000\ntares_g = [5, 20]\n"]
)
def test_what_is_fine(text: str) -> None:
    assert problems(STORE + text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            SCALE.replace('"cas"', '""'),
            "device[1].protocol: found nothing, expected one of toledo_8217, cas, dahua_acs",
        ),
        (SCALE.replace('"cas"', '"led8"'), 'device[1].protocol: found "led8", expected one of toledo_8217, cas'),
        (POLE.replace('"led8"', '"cas"'), 'device[1].protocol: found "cas", expected one of cd5220, epson, led8'),
        (POLE.replace('"led8"', '"led9"'), 'device[1].protocol: found "led9", expected one of'),
        (SCALE.replace("/dev/serial/by-id/a", "ttyUSB0"), 'device[1].path: found "ttyUSB0", expected the full path'),
        (POLE.replace("/dev/serial/by-id/b", ""), "device[1].path: found nothing, expected the full path"),
        (SCALE + SCALE.replace("scale-1", "scale-2").replace("/a", "/c"), "expected a lane without a scale; it has"),
        (SCALE + POLE.replace("by-id/b", "by-id/a"), "device[2].path"),  # two drivers at one port
        (SCALE + 'faults = ["1:silent"]\n', "expected no faults at a real device"),
        (FAKES.replace('"fake_scale"\n', '"fake_scale"\nfaults = ["1:melt"]\n'), "expected faults like 2:unplug"),
        (FAKES + 'faults = ["1:overload"]\n', "expected faults like 2:unplug"),  # a display's are others
        (SCALE + "max_weight_g = 0\n", "max_weight_g: found 0, expected a whole number"),
        (SCALE + "tares_g = [0]\n", "tares_g"),
    ],
)
def test_what_is_wrong(text: str, problem: str) -> None:
    found = problems(STORE + text)
    assert any(problem in each for each in found), found
