"""Every text a person reads is translated, in every room, and what is compiled is what was written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

REPOSITORY = Path(__file__).resolve().parents[1]
ROOMS = ["edge", "hq"]
LANGUAGES = ["zh_Hans", "zh_Hant"]
PARAMETER = re.compile(r"\{(\w*)[^}]*\}|%\((\w+)\)|%[sd]")

# A character that is written so in one of the two scripts only is a slip of the translator in the other one.
SIMPLIFIED = set("买价优删单卖员备应张户扫断时检测码级纸络续网认设试请读账货购费赠输连钱销错间额")
TRADITIONAL = set("備價優刪員單帳張應戶掃斷時檢測碼紙級絡網續設試認請讀貨買費賣購贈輸連銷錢錯間額")


def catalogue(room: str, language: str) -> Catalog:
    path = REPOSITORY / room / "translations" / language / "LC_MESSAGES/messages.po"
    with path.open("rb") as po:
        return read_po(po, locale=language)


def messages(of: Catalog) -> dict[str, str]:
    """Return msgid -> translation, the header left out; a plural goes by its singular, its forms in one text."""
    return {
        message.id[0] if isinstance(message.id, tuple | list) else str(message.id): "\n".join(message.string)
        if isinstance(message.string, tuple | list)
        else str(message.string)
        for message in of
        if message.id
    }


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the texts that stand in the code of each room, by the same script that make texts runs."""
    folder = tmp_path_factory.mktemp("pot")
    done = subprocess.run(
        [REPOSITORY / "scripts/texts", "--collect", folder],
        env={"VENV": sys.prefix, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for room in ROOMS:
        with (folder / f"{room}.pot").open("rb") as pot:
            found[room] = set(messages(read_po(pot)))
    return found


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_translation(room: str, language: str, collected: dict[str, set[str]]) -> None:
    of = catalogue(room, language)
    translated = messages(of)
    assert collected[room] - set(translated) == set(), "run make texts, then translate"
    assert set(translated) - collected[room] == set(), "texts that nobody shows any more"
    assert [msgid for msgid, text in translated.items() if not text.strip()] == []
    assert [str(message.id) for message in of if message.fuzzy and message.id] == []


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_the_same_parameters(room: str, language: str) -> None:
    for msgid, text in messages(catalogue(room, language)).items():
        assert set(PARAMETER.findall(text)) == set(PARAMETER.findall(msgid)), msgid


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_written(room: str, language: str) -> None:
    path = REPOSITORY / room / "translations" / language / "LC_MESSAGES/messages.mo"
    with path.open("rb") as mo:
        compiled = messages(read_mo(mo))
    assert compiled == messages(catalogue(room, language)), "run make texts"


@pytest.mark.parametrize("room", ROOMS)
def test_each_chinese_keeps_to_its_own_script(room: str) -> None:
    for language, foreign in (("zh_Hans", TRADITIONAL), ("zh_Hant", SIMPLIFIED)):
        for msgid, text in messages(catalogue(room, language)).items():
            assert set(text) & foreign == set(), f"{language}: {msgid}"
