"""Head office's configuration: defaults, errors by name, secrets from files only."""

from __future__ import annotations

from pathlib import Path

import pytest

from hq.__main__ import EXIT_CONFIG, main
from hq.config import ConfigError, DatabaseConfig, database_url, load, secret

LEAST = '[office]\ntenant = "demo"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "hq.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    config = load(written(tmp_path, LEAST))
    assert (config.broker.host, config.broker.port, config.wall.host, config.wall.port) == (
        "127.0.0.1", 1883, "127.0.0.1", 8490,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "office"),  # a section is missing
        ('[office]\ntenant = "a b"\n', "office.tenant"),  # a blank in a topic
        (LEAST + "[wall]\nport = 70000\n", "wall.port"),
        (LEAST + "[wall]\nprot = 1\n", "prot"),  # a key that does not exist
        (LEAST + '[broker]\nport = "1883"\n', "broker.port"),
        (LEAST + '[wall]\nlanguage = "en"\nlanguages = ["zh-Hans"]\n', "wall.language"),
        ("[office\n", "hq.toml"),  # no TOML
    ],
)
def test_an_error_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as found:
        load(written(tmp_path, text))
    assert words in str(found.value)
    assert "hq.toml" in str(found.value)


def test_a_missing_file_is_an_error_of_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(tmp_path / "none.toml")]) == EXIT_CONFIG
    assert "none.toml" in capsys.readouterr().err


def test_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(written(tmp_path, LEAST))]) == 0
    assert "good" in capsys.readouterr().out


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("of the folder\n")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert secret("password", tmp_path) == "of the folder"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "password").write_text("of the manager\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert secret("password", tmp_path) == "of the manager"
    assert secret("./password", tmp_path) == "of the folder"
    assert secret("", tmp_path) is None
    with pytest.raises(ConfigError):
        secret("nowhere", tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///hq.db", "sqlite:///{folder}/hq.db"),  # beside the configuration
        ("sqlite:////var/lib/hq.db", "sqlite:////var/lib/hq.db"),
        ("postgresql://hq@db/hq", "postgresql://hq@db/hq"),
    ],
)
def test_where_the_database_is(tmp_path: Path, url: str, expected: str) -> None:
    assert database_url(DatabaseConfig(url=url), tmp_path) == expected.format(folder=tmp_path)


def test_an_unknown_database_is_an_error_of_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, LEAST + '[database]\nurl = "oracle://x/y"\n')
    assert main(["run", "--config", str(path)]) == EXIT_CONFIG
    assert "oracle" in capsys.readouterr().err
