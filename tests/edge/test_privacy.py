"""Personal data at rest: sealed with the shop's key, found all the same, gone when it is to go."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.__main__ import main
from edge.member_desk import register
from edge.screen import Refusal
from edge.store import members, people
from edge.store.database import Store, open_store, rows, scalar
from edge.store.people import Note, Person, Profile, put_person, unlock
from edge.store.person_words import searches_for
from edge.store.vault import Vault
from edge.till import Till
from tests.shops import CONFIG, TestShop, moment_ms

KEY = bytes(range(32))
NAME, PHONE = "欧阳晓燕", "13800138000"


def fill_one(store: Store) -> None:
    with store.transaction():
        members.put_member(
            store.db, member_id="m1", code="M1", joined_ms=0, name=NAME, phone=PHONE, birth=(1990, 8, 15),
            profile=Profile(region="西湖区", notes=(Note(5, "zhang", "喜欢低糖"),)),
        )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(tmp_path / "taptill.db", synchronous="OFF")
    assert unlock(made, KEY) == ""
    fill_one(made)
    return made


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.db*")))


def test_nothing_of_a_person_stands_in_the_file(store: Store, tmp_path: Path) -> None:
    store.close()
    found = on_disk(tmp_path)
    for text in (NAME, PHONE, "13800", "西湖区", "低糖", "1990-08-15", "ouyang"):
        assert text.encode() not in found, text


def test_what_is_sealed_is_read_and_found(store: Store) -> None:
    file = members.member(store.reads, "m1")
    assert file is not None
    assert (file.name, file.phone, file.birth_month, file.birth_year) == (NAME, PHONE, 8, 1990)
    for text in (PHONE, "8000", "1380013", "欧阳", "晓燕", "oyxy", "oy", "ouyang", "ouyangx"):
        assert [each.member_id for each in people.find(store.reads, text)] == ["m1"], text
    assert people.find(store.reads, "ouyangz") == []
    token = people.birth_tokens(store.reads, [(False, 8, 15)])[0]
    assert scalar(store.reads, "SELECT count(*) FROM person_word WHERE token = ?", token) == 1


def test_a_text_that_was_moved_to_another_row_is_not_read(store: Store) -> None:
    with store.transaction():
        members.put_member(store.db, member_id="m2", code="M2", joined_ms=0, name="李四")
        store.db.execute_sql("UPDATE person SET name = (SELECT name FROM person WHERE member_id = 'm1')")
    found = people.person(store.reads, "m2")
    assert found is not None
    assert found.name == ""


def test_a_phone_belongs_to_one_person(store: Store) -> None:
    with pytest.raises(people.PhoneTakenError), store.transaction():
        members.put_member(store.db, member_id="m2", code="M2", joined_ms=0, phone=PHONE)
    assert scalar(store.reads, "SELECT count(*) FROM member") == 1


def test_an_index_follows_what_changes(store: Store) -> None:
    with store.transaction():
        put_person(store.db, Person("m1", name="李四", phone="13900139000"))
    assert people.find(store.reads, "欧阳") == []
    assert people.find(store.reads, "8000") == []
    assert [each.name for each in people.find(store.reads, "ls")] == ["李四"]
    with store.transaction():
        people.drop_person(store.db, "m1")
    assert scalar(store.reads, "SELECT count(*) FROM person_word") == 0


def test_another_key_reads_nothing_and_the_shop_sells_on(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        shop.stop()
        (tmp_path / "key").write_text(KEY.hex())
        (tmp_path / "taptill.toml").write_text(CONFIG + '\n[privacy]\nkey_file = "key"\n')
        applied = CliRunner().invoke(main, ["keys", "apply", "--config", str(tmp_path / "taptill.toml")])
        assert applied.exit_code == 0, applied.output
        (tmp_path / "key").write_text(bytes(32).hex())
        shop.start()
        assert any("is sealed with the key" in each for each in shop.parts.health.strip().problems)
        shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
        shop.ask(1, Till.tap, uid="04a1b2c3")
        shop.ask(1, Till.scan, text="4006381333931")
        assert shop.view().total == 250
        assert shop.view().member is not None
        assert shop.view().member.name == ""  # type: ignore[union-attr]
        answer = shop.ask(1, register, phone=PHONE, name=NAME)
        assert isinstance(answer, Refusal)
        assert answer.code == "privacy_locked"
        shop.ask(1, Till.to_pay)
        assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=250) is None


def test_the_key_is_applied_changed_and_taken_away(tmp_path: Path) -> None:
    config = tmp_path / "taptill.toml"
    shop = TestShop(tmp_path, config=CONFIG + '\n[privacy]\nkey_file = "key"\n')
    run = CliRunner().invoke
    made = run(main, ["keys", "make", str(tmp_path / "key")])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert run(main, ["keys", "make", str(tmp_path / "key")]).exit_code == 1
    assert "李小明".encode() in on_disk(tmp_path / "data")
    doctor = run(main, ["doctor", "--config", str(config)])
    assert "not sealed yet" in doctor.output
    applied = run(main, ["keys", "apply", "--config", str(config)])
    assert applied.exit_code == 0, applied.output
    assert "3 members are sealed" in applied.output
    assert "李小明".encode() not in on_disk(tmp_path / "data")
    assert b"13812345678" not in on_disk(tmp_path / "data")
    run(main, ["keys", "make", str(tmp_path / "key2")])
    rotated = run(main, ["keys", "rotate", str(tmp_path / "key2"), "--config", str(config)])
    assert rotated.exit_code == 0, rotated.output
    # With the old key still in place nothing more is changed.
    refused = run(main, ["keys", "remove", "--yes", "--config", str(config)])
    assert refused.exit_code == 1
    (tmp_path / "key2").rename(tmp_path / "key")
    with shop:
        assert shop.parts.health.strip().problems == ()
        assert [each.member_id for each in shop.parts.reads.find_members("李小明")] == ["li"]
        busy = run(main, ["keys", "remove", "--yes", "--config", str(config)])
        assert "stop it first" in busy.output
    assert "sealed" in run(main, ["doctor", "--config", str(config)]).output
    removed = run(main, ["keys", "remove", "--yes", "--config", str(config)])
    assert removed.exit_code == 0, removed.output
    assert "李小明".encode() in on_disk(tmp_path / "data")


def test_people_of_an_older_store_come_along(tmp_path: Path) -> None:
    path = tmp_path / "taptill.db"
    store = open_store(path, synchronous="OFF")
    fill_one(store)
    with store.transaction():
        store.db.execute_sql("DELETE FROM person_word")
        store.db.execute_sql("DELETE FROM meta")
    store.close()
    again = open_store(path)
    assert unlock(again, None) == ""
    assert [each.member_id for each in people.find(again.reads, "oyxy")] == ["m1"]
    again.close()


@pytest.mark.parametrize("text", ["", " ", "1", "12", "123", "%", "_", "'", "--", "\x00"])
def test_searches_that_mean_nobody(store: Store, text: str) -> None:
    assert people.find(store.reads, text) == []
    assert all(search.words for search in searches_for(text))


def test_tokens_say_nothing_without_the_key() -> None:
    assert Vault(KEY).token("n:王") != Vault(bytes(32)).token("n:王") != Vault().token("n:王")
    assert Vault(KEY).seal("王", "a") != Vault(KEY).seal("王", "a")


def test_what_was_erased_is_gone_from_the_file(tmp_path: Path) -> None:
    from edge.store.forgetting import forget

    store = open_store(tmp_path / "taptill.db", synchronous="OFF")
    fill_one(store)
    assert rows(store.db, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert NAME.encode() in on_disk(tmp_path)
    with store.transaction():
        forget(store.db, "m1", at_ms=moment_ms("2026-11-23 10:00"), place="erase")
    rows(store.db, "PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    assert NAME.encode() not in on_disk(tmp_path)
    assert PHONE.encode() not in on_disk(tmp_path)
    with sqlite3.connect(tmp_path / "taptill.db") as db:
        assert db.execute("SELECT status FROM member").fetchall() == [("erased",)]
