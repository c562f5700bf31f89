"""Cards and proof at a till: what the store keeps of them, and what is on the disk before a member is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from drivers.fake_card import FakeSunCard
from edge import card_deeds, member_files
from edge.card_keys import ecard_secret, read_card_key
from edge.cards import proof_refusal
from edge.config_file import SecretError
from edge.screen import Refusal
from edge.store import cards
from edge.store.database import execute, open_store, rows
from edge.till import Till
from rules.card_policy import CardPolicy, Proof, Spending, needs_proof, policy_problems
from rules.promotions import RuleSet, load_rules
from rules.sun import FILE_KEY, META_KEY, CardKeys, SunText, card_key, check_sun
from rules.totp import code_of, ecard_text, step_at
from tests.offices import wait_for
from tests.shops import CARD_KEY, CARDS, TestShop, fill, rules_with_coupons

SEQUENCE = json.loads((Path(__file__).parents[1] / "vectors/sdm_vectors.json").read_text("utf-8"))["replay_sequence"]
UID = CARDS["card-dna"]


def dna() -> FakeSunCard:
    return FakeSunCard(UID, CardKeys(card_key(CARD_KEY, UID, META_KEY), card_key(CARD_KEY, UID, FILE_KEY)))


def test_the_sequence_of_replays(tmp_path: Path) -> None:
    store = open_store(tmp_path / "shop.db", synchronous="OFF")
    keys = CardKeys(bytes(16), bytes.fromhex(SEQUENCE["file_read_key"]))
    verdicts = []
    for step in SEQUENCE["steps"]:
        proof = check_sun(SunText(mac=step["mac"], uid=SEQUENCE["uid"], counter=step["ctr"]), keys)
        assert proof is not None
        with store.transaction():
            verdicts.append(cards.raise_counter(store.db, proof.uid, proof.counter, at_ms=1))
    store.close()
    assert verdicts == [step["verdict"] == "ok" for step in SEQUENCE["steps"]]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE card_counter SET counter = 4",
        "UPDATE card_counter SET counter = 5",
        "DELETE FROM card_counter",
        "UPDATE ecard SET last_step = 9",
        "UPDATE ecard SET last_step = 10",
    ],
)
def test_the_schema_itself_lets_nothing_count_twice(tmp_path: Path, change: str) -> None:
    store = open_store(tmp_path / "shop.db", synchronous="OFF")
    fill(store)
    with store.transaction():
        assert cards.raise_counter(store.db, UID, 5, at_ms=1)
        cards.new_ecard(store.db, "li", at_ms=1)
        cards.use_step(store.db, "li", 10)
    with pytest.raises(IntegrityError), store.transaction():
        execute(store.db, change)
    store.close()


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as found:
        found.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield found


def tap(shop: TestShop, text: str, lane: int = 1) -> Any:
    uid, _, sun = text.partition("\t")
    return shop.ask(lane, Till.tap, uid=uid, sun=sun)


def test_the_counter_is_on_the_disk_before_the_member_is_on_the_screen(shop: TestShop) -> None:
    seen = []
    show = shop.parts.screens.show

    def looking(view: Any) -> Any:
        # Another connection: it sees what is committed and nothing else.
        seen.append((cards.counter(shop.parts.store.reads, UID), view.member is not None))
        return show(view)

    shop.parts.screens.show = looking  # type: ignore[method-assign]
    assert tap(shop, dna().tap()) is None
    assert seen == [(1, True)]


def test_a_tap_counts_even_where_the_basket_may_not_change(shop: TestShop) -> None:
    card = dna()
    shop.ask(1, Till.scan, text="no such code")
    assert tap(shop, card.tap()).code == "blocked_banner"
    shop.dismiss()
    assert tap(shop, card.copied()).code == "card_replayed"


def test_the_message_of_one_card_told_by_another_is_forged(shop: TestShop) -> None:
    message = dna().tap().partition("\t")[2]
    assert shop.ask(1, Till.tap, uid=CARDS["card-li"], sun=message).code == "card_forged"
    # A card that hides its number tells it in its message alone.
    assert shop.ask(1, Till.tap, uid="08a1b2c3", sun=message) is None
    assert shop.view().member is not None and shop.view().proof == "proved"


def test_an_address_that_is_no_message_leaves_a_plain_card(shop: TestShop) -> None:
    assert shop.ask(1, Till.tap, uid=CARDS["card-li"], sun="https://example.com/?q=1") is None
    assert shop.view().proof == "identified"


def test_a_tap_of_a_stranger_is_counted_and_offered(shop: TestShop) -> None:
    stranger = "04112233445566"
    keys = CardKeys(card_key(CARD_KEY, stranger, META_KEY), card_key(CARD_KEY, stranger, FILE_KEY))
    assert tap(shop, FakeSunCard(stranger, keys).tap()).code == "card_unknown"
    assert shop.view().card_offered == "5566"
    assert cards.counter(shop.parts.store.reads, stranger) == 1


def test_the_code_of_a_phone_is_used_up_with_the_step_that_it_opens(shop: TestShop) -> None:
    secret = shop.ask(1, card_deeds.issue_ecard, member_id="li")
    step = step_at(shop.clock.now_ms())
    text = ecard_text("M1001", step, code_of(secret, step))
    assert shop.ask(1, Till.scan, text=text) is None
    stored = cards.ecard(shop.parts.store.reads, "li")
    assert stored is not None and stored.last_step == step
    # Undone, it stays used: a step back gives no second try.
    shop.ask(1, Till.undo)
    assert shop.view().member is None
    assert shop.ask(1, Till.scan, text=text).code == "ecard_used"


def test_where_the_basket_may_not_change_the_code_is_not_used_up(shop: TestShop) -> None:
    secret = shop.ask(1, card_deeds.issue_ecard, member_id="li")
    step = step_at(shop.clock.now_ms())
    shop.ask(1, Till.scan, text="4006381333931")
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=100)
    text = ecard_text("M1001", step, code_of(secret, step))
    assert shop.ask(1, Till.scan, text=text).code == "tenders_first"
    shop.ask(1, Till.undo_tender)
    assert shop.ask(1, Till.scan, text=text) is None
    assert shop.view().proof == "proved"


def test_wrong_codes_make_even_a_right_one_wait(shop: TestShop) -> None:
    secret = shop.ask(1, card_deeds.issue_ecard, member_id="li")
    step = step_at(shop.clock.now_ms())
    right = code_of(secret, step)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    answers = [shop.ask(1, Till.scan, text=ecard_text("M1001", step, wrong)).code for _ in range(3)]
    assert answers == ["ecard_wrong", "ecard_wrong", "proof_wait"]
    assert shop.ask(1, Till.scan, text=ecard_text("M1001", step, right)).code == "proof_wait"


def test_an_ecard_is_renewed_by_somebody_who_may_or_for_a_member_who_proved_it(shop: TestShop) -> None:
    first = shop.ask(1, card_deeds.issue_ecard, member_id="li")
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    # No waiting for a second person: their yes would end the old card, and show the new one to nobody.
    assert shop.ask(1, card_deeds.issue_ecard, member_id="li").code == "not_allowed"
    stored = cards.ecard(shop.parts.store.reads, "li")
    assert stored is not None and stored.serial == 1
    step = step_at(shop.clock.now_ms())
    assert shop.ask(1, Till.scan, text=ecard_text("M1001", step, code_of(first, step))) is None
    assert shop.ask(1, card_deeds.issue_ecard, member_id="li") == ecard_secret(CARD_KEY, "li", 2)


def test_nothing_of_an_ecard_stands_in_the_database(shop: TestShop) -> None:
    secret = shop.ask(1, card_deeds.issue_ecard, member_id="li")
    assert secret == ecard_secret(CARD_KEY, "li", 1) != ecard_secret(CARD_KEY, "li", 2)
    assert secret not in shop.loaded.database.read_bytes()
    assert secret.hex() not in json.dumps(rows(shop.parts.store.reads, "SELECT detail FROM audit"))


def test_without_a_key_cards_tell_their_number_and_the_owner_is_told(tmp_path: Path) -> None:
    shop = TestShop(tmp_path / "shop")
    (shop.folder / "cards.key").write_text("not a key\n")
    with shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert any("cards.key_file" in problem for problem in shop.parts.health.strip().problems)
        assert tap(shop, dna().forged()) is None
        assert shop.view().proof == "identified"
        assert shop.ask(1, card_deeds.issue_ecard, member_id="li").code == "card_no_key"
        assert shop.ask(1, Till.scan, text=dna().tap().partition("\t")[2]).code == "card_no_key"


def test_the_key_file_is_read_as_hex_or_refused(tmp_path: Path) -> None:
    shop = TestShop(tmp_path / "shop")
    assert read_card_key(shop.loaded) == CARD_KEY
    (shop.folder / "cards.key").write_text(CARD_KEY.hex()[:-2])
    with pytest.raises(SecretError, match="expected 32 hex digits"):
        read_card_key(shop.loaded)
    (shop.folder / "cards.key").unlink()
    with pytest.raises(SecretError, match="no such file"):
        read_card_key(shop.loaded)


def test_an_erased_member_leaves_no_pin_and_no_ecard(shop: TestShop) -> None:
    assert shop.ask(1, card_deeds.set_member_pin, member_id="li", pin="2468") is None
    shop.ask(1, card_deeds.issue_ecard, member_id="li")
    assert shop.ask(1, member_files.erase, member_id="li", forfeit=True) is None
    assert not cards.has_pin(shop.parts.store.reads, "li")
    assert cards.ecard(shop.parts.store.reads, "li") is None
    assert tap(shop, CARDS["card-li"]).code == "card_blocked"


def test_a_card_of_a_member_who_became_part_of_another_brings_up_that_one(shop: TestShop) -> None:
    assert shop.ask(1, member_files.merge, keep="wang", gone="li") is None
    assert tap(shop, CARDS["card-li"]) is None
    assert shop.view().member is not None and shop.view().member.member_id == "wang"


def test_proof_is_asked_for_stored_value_and_times_too(tmp_path: Path) -> None:
    rules = '[proof]\nstored_value_up_to = 20_000\ntimes_up_to = 0\naccepts = ["pin"]\n'
    with TestShop(tmp_path / "shop", promotions=rules) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        tap(shop, CARDS["card-li"])

        def asked(kind: str, amount: int) -> Refusal | None:
            answer: Refusal | None = shop.ask(1, lambda till: proof_refusal(till.desk, "li", kind, amount))
            return answer

        assert asked("stored_value", 20_000) is None
        assert asked("stored_value", 20_001) == Refusal(
            "proof_needed", {"kind": "stored_value", "accepts": "", "limit": 20_000}
        )
        assert asked("points", 10**9) is None
        assert asked("times", 1) is not None
        shop.ask(1, card_deeds.set_member_pin, member_id="li", pin="2468")
        assert asked("times", 1) == Refusal("proof_needed", {"kind": "times", "accepts": "pin", "limit": 0})
        assert shop.ask(1, card_deeds.prove_pin, pin="2468") is None
        assert asked("times", 1) is None
        assert shop.ask(1, card_deeds.prove_last_four, digits="5678").code == "proof_not_taken"


@pytest.mark.parametrize(
    ("accepts", "proof", "needs"),
    [
        ((Proof.PIN,), Proof.LAST_FOUR, True),  # weaker than what is asked for
        ((Proof.PIN,), Proof.PROVED, False),  # stronger
        ((Proof.LAST_FOUR, Proof.PROVED), Proof.LAST_FOUR, False),
        ((Proof.PROVED,), Proof.IDENTIFIED, True),
        ((Proof.PROVED,), Proof.NONE, True),
    ],
)
def test_what_counts_as_proof(accepts: tuple[Proof, ...], proof: Proof, needs: bool) -> None:
    assert needs_proof(CardPolicy(points_up_to=10, accepts=accepts), Spending.POINTS, 11, proof) is needs
    assert not needs_proof(CardPolicy(accepts=accepts), Spending.POINTS, 11, proof)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('accepts = ["identified"]', "proof.accepts: 'identified' proves nothing"),
        ('accepts = ["pin", "pin"]', "proof.accepts: each may be named once"),
        ("accepts = []", "proof.accepts"),
        ("points_up_to = -1", "proof.points_up_to"),
        ("points_upto = 1", "did you mean points_up_to?"),
        ("tries = 0", "proof.tries"),
    ],
)
def test_what_is_refused_of_a_policy(table: str, problem: str) -> None:
    found = load_rules(f"[proof]\n{table}\n")
    assert isinstance(found, tuple) and any(problem in str(each) for each in found), found


def test_a_policy_is_a_part_of_the_version() -> None:
    plain, strict = load_rules(""), load_rules("[proof]\npoints_up_to = 0\n")
    assert isinstance(plain, RuleSet) and isinstance(strict, RuleSet) and plain.version != strict.version
    assert policy_problems(strict.proof) == []


def test_several_cards_at_a_reader_are_one_event(shop: TestShop) -> None:
    shop.reader("cards-1").type(f"{CARDS['card-li']}&{CARDS['card-wang']}")
    wait_for(lambda: shop.view().cards_held == (CARDS["card-li"], CARDS["card-wang"]))
    assert shop.ask(1, card_deeds.choose_card, uid=CARDS["card-wang"]) is None
    assert shop.view().cards_held == ()
