"""The words of the store in the shop's three languages: sentences, amounts, dates, refusals and states."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol

from edge.text_benefits import BENEFIT_REFUSALS
from edge.text_charges import CHARGE_REFUSALS, CHARGE_STATES, CODE_TENDERS
from edge.text_counter import COUNTER_REFUSALS
from edge.text_credit import CREDIT_REFUSALS
from edge.text_devices import DEVICE_KINDS, DEVICE_STATES
from edge.text_invoices import INVOICE_REFUSALS
from edge.text_marks import N_
from edge.text_money import MONEY_REFUSALS
from edge.text_printing import PRINT_STATES, PRINTING_REFUSALS
from edge.text_selling import SELLING_REFUSALS
from rules.basket import GRAMS_PER_KG, Names
from rules.money import Minor
from rules.quote import MissedPromotion, MissReason

LANGUAGES: Mapping[str, str] = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
"""Every language tag with the name that its readers know it by."""

LOCALES: Mapping[str, str] = {"zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW", "en": "en"}
"""Babel's locale of each language tag."""

TRANSLATIONS = Path(__file__).parent / "translations"
AMOUNTS_KEPT = 4_096
"""How many amounts are kept as they are written: the prices of what is on the screens are written at each press."""
PARAM_MAX = 60
"""Longest text from outside that is put into a sentence; more is cut with an ellipsis."""


MISSES: Mapping[MissReason, str] = {
    MissReason.AMOUNT_SHORT: N_("{amount} more for “{name}”"),
    MissReason.QUANTITY_SHORT: N_("{count} more for “{name}”"),
    MissReason.NO_ITEM: N_("“{name}” is for other items"),
    MissReason.MEMBERS_ONLY: N_("“{name}” is for members"),
    MissReason.WRONG_TIER: N_("“{name}” is for another member tier"),
    MissReason.NOT_BIRTHDAY: N_("“{name}” is for birthdays"),
    MissReason.NOT_NEW_MEMBER: N_("“{name}” is for new members"),
    MissReason.NOT_TAGGED: N_("“{name}” is for invited members"),
    MissReason.NOT_STARTED: N_("“{name}” has not begun yet"),
    MissReason.ENDED: N_("“{name}” is over"),
    MissReason.WRONG_DAY: N_("“{name}” is not on today"),
    MissReason.WRONG_HOUR: N_("“{name}” is not on at this hour"),
    MissReason.WRONG_LANE: N_("“{name}” is not for this lane"),
    MissReason.NO_CODE: N_("“{name}” needs a coupon"),
    MissReason.CODE_SPENT: N_("The coupon for “{name}” was used before"),
    MissReason.COUPON_NOT_YET: N_("The coupon for “{name}” does not hold yet"),
    MissReason.COUPON_EXPIRED: N_("The coupon for “{name}” has expired"),
    MissReason.COUPON_OTHERS: N_("The coupon for “{name}” belongs to another member"),
    MissReason.COUPON_MEMBER: N_("The coupon for “{name}” belongs to a member: find the member first"),
    MissReason.COUPON_VOID: N_("The coupon for “{name}” was voided"),
    MissReason.PART_MISSING: N_("{count} pieces are missing for “{name}”"),
    MissReason.USED_UP: N_("“{name}” is used up"),
    MissReason.BETTER_USED: N_("A better offer than “{name}” is in use"),
    MissReason.EXCLUDED: N_("“{name}” does not go with another offer in use"),
}

REFUSALS: Mapping[str, str] = {
    "unknown_code": N_("No item has the code {text}. Look for it by name, or put it aside."),
    "unsellable_code": N_("The code {text} is not for sale here."),
    "payment_code_not_here": N_("This is a payment code. Press PAY first, then scan it."),
    "bad_code": N_("The code {text} was not read right. Scan it once more."),
    "code_of_member_unknown": N_("No member has the code {text}."),
    "card_unknown": N_("This card ({uid}) belongs to no member."),
    "card_blocked": N_("This card was blocked on {since}. Ask the member for their phone number."),
    "card_replaced": N_("This card was replaced on {since}. Ask for the new one."),
    "card_forged": N_("What this card says of itself is not genuine, so it was not taken."),
    "card_replayed": N_("This is a copy of an earlier tap. It was not taken: hold the card itself to the reader."),
    "card_no_key": N_("This till has no key for cards that prove themselves. Hold the card to the reader."),
    "cards_several": N_("{count} cards lie on the reader. Choose which one, or hold only one to it."),
    "card_none_held": N_("Hold the card to the reader first."),
    "card_taken": N_("This card belongs to somebody already."),
    "card_cut": N_("The reader gives only a part of this card's number. Set it to print the whole one."),
    "card_gone": N_("This card has changed meanwhile. Look at it once more."),
    "cards_full": N_("A member may have {max} cards."),
    "ecard_none": N_("This member has no e-card. Give them a new one in their file."),
    "ecard_used": N_("This code was used already. Wait until the phone shows the next one."),
    "ecard_stale": N_(
        "This code is not of now. The till's clock says {time}: compare the phone's, then show it again."
    ),
    "ecard_wrong": N_("This code is not right. Show the newest one on the phone."),
    "ecard_clock": N_(
        "The till's clock is not set, so the code proves nothing. The member is known, but not proved: use another way."
    ),
    "proof_needed": N_("The member has to prove who they are before so much is spent."),
    "proof_wrong": N_("That is not right. Tries left: {left}."),
    "proof_wait": N_("Too many wrong tries for this member. Wait {seconds} s, or prove it in another way."),
    "proof_not_taken": N_("This is not taken as proof here. Choose another way."),
    "proof_digits": N_("Type the digits of the code on the phone."),
    "pin_form": N_("A PIN has {min} to {max} digits."),
    "card_random": N_(
        "This card shows a new number at every tap, so it cannot be a member card. Use the phone number."
    ),
    "member_blocked": N_("This member is blocked. Ask the manager."),
    "member_unknown": N_("There is no such member."),
    "member_erased": N_("This member's data was erased. Sell without a member, or register them anew."),
    "phone_wrong": N_("This is no phone number. A mobile number has 11 digits."),
    "phone_taken": N_("{name} has this phone number already."),
    "phone_taken_other": N_("Another member has this phone number already."),
    "name_wrong": N_("A name has at most {max} characters, without line breaks."),
    "birthday_wrong": N_("There is no such day. Write 1990-08-15, or 08-15 without the year."),
    "value_wrong": N_("This does not fit here."),
    "tags_wrong": N_("At most 20 tags, each of at most 30 characters."),
    "name_missing": N_("Please write your name."),
    "code_used_up": N_("This code was used too often. Ask for a new one at the till."),
    "note_wrong": N_("Write a note of at most {max} characters."),
    "purpose_unknown": N_("Nobody asks for this consent any more."),
    "referrer_unknown": N_("Nobody has that member code or phone number."),
    "no_card_offered": N_("There is no card to bind. Hold it to the reader once more."),
    "privacy_locked": N_("Members' data is sealed and its key is missing. Selling goes on; ask the manager."),
    "merge_same": N_("These are one and the same file."),
    "member_has_money": N_("{amount} of paid-in money is left. Refund it first, or let the member give it up."),
    "item_unknown": N_("There is no item {sku}."),
    "item_inactive": N_("“{name}” is no longer sold."),
    "no_price": N_("“{name}” has no price today. Ask the manager."),
    "needs_weight": N_("“{name}” is sold by weight: scan its scale label, or type the kilograms and tap it again."),
    "quantity_range": N_("The quantity must be from 1 to {max}."),
    "weight_range": N_("This weight is not possible. Weigh it once more."),
    "basket_full": N_("The basket is full ({max} lines). Take the payment, then start another one."),
    "basket_too_long": N_("This is too much for one receipt. Void some lines and sell them in another basket."),
    "quantity_of_weighed": N_("A weighed item has no quantity. Scan each label, or void the line."),
    "line_gone": N_("This line is no longer in the basket."),
    "nothing_to_undo": N_("There is nothing to undo."),
    "basket_empty": N_("The basket is empty."),
    "basket_not_empty": N_("The basket is not empty. Finish or void it first."),
    "blocked_banner": N_("Deal with the red message first."),
    "locked": N_("The till is locked. Sign in first."),
    "wrong_pin": N_("Wrong PIN. Tries left: {left}."),
    "pin_wait": N_("Too many wrong PINs. Wait {seconds} s."),
    "approval_needed": N_("This needs a second person who may allow it."),
    "approval_gone": N_("Nobody allowed it in time. Ask for it once more."),
    "approval_own": N_("It takes somebody else than whoever asks."),
    "approver_may_not": N_("{name} may not allow this either."),
    "discount_range": N_("A discount is from nothing to the whole price."),
    "discount_outgrown": N_("The basket has grown since its discount was allowed. Give the discount once more."),
    "price_not_here": N_("This line has a price of its own. Type that one instead."),
    "quantity_by_hand": N_("Its price was decided by hand for so many pieces. Scan the others as a line of their own."),
    "shift_needed": N_("No shift is open at this lane. Open one first."),
    "shift_is_open": N_("A shift is open at this lane already."),
    "drawer_short": N_("There is not so much cash in the drawer."),
    "no_drawer": N_("This lane has no cash drawer."),
    "staff_unknown": N_("This person may not sign in here."),
    "badge_unknown": N_("This badge belongs to nobody here."),
    "scan_again": N_("The code or card was not read. Scan again."),
    "not_allowed": N_("You may not do this. Ask the manager."),
    "tender_short": N_("Not enough: {due_minor} is due, {given_minor} was given."),
    "tender_over": N_("More than the {due_minor} due. Only cash gives change."),
    "tenders_first": N_("Money was taken already. Take it back first, or finish the payment."),
    "tenders_full": N_("A sale takes at most {max} payments. Take the last one back, then take all the rest at once."),
    "balance_short": N_("The member's balance is too low."),
    "payment_code_not_charged": N_(
        "This till cannot charge payment codes. Take the money with the bank's device, then press Scan-to-pay."
    ),
    "price_changed": N_(
        "The price has changed meanwhile: it is {total_minor} now. Tell the customer, then press again."
    ),
    "offer_gone": N_("“{name}” has just been used up: it is {total_minor} now. Tell the customer, then press again."),
    "gifts_changed": N_("The gifts have changed meanwhile. Tell the customer, then press again."),
    "points_changed": N_(
        "The member has fewer points now: {points} are taken, it is {total_minor}. Tell the customer, then press again."
    ),
    "coupon_unknown": N_("No offer has the coupon {text}."),
    "coupon_misread": N_("The coupon {text} was not read right. Scan it once more, or type it as it is printed."),
    "coupon_used": N_("This coupon was used on {day} at {time}, lane {lane}, receipt {receipt}."),
    "coupon_expired": N_("This coupon expired: its last day was {day}."),
    "coupon_not_yet": N_("This coupon holds from {day} on."),
    "coupon_others": N_("This coupon belongs to another member."),
    "coupon_void": N_("This coupon was voided by the shop."),
    "coupon_promotion_gone": N_("The offer of the coupon “{name}” is no longer on."),
    "coupon_gone": N_("There is no open coupon with this code."),
    "batch_gone": N_("There is no such batch of coupons."),
    "batch_void": N_("This batch was voided. Make a new one."),
    "batch_full": N_("This batch has room for {count} more coupons."),
    "batch_name": N_("Give the batch a name of at most {max} characters."),
    "batch_promotion": N_("Choose an offer that asks for an issued coupon."),
    "batch_days": N_("The last day must not be before the first one, nor over already."),
    "batch_count": N_("So many coupons at once: 1 to {max}."),
    "batch_of_bearers": N_("These coupons are made with the batch, for whoever has them."),
    "form_wrong": N_("A figure or a day cannot be read. Look at it once more."),
    "segment_empty": N_("No member is meant."),
    "segment_changed": N_("Meanwhile {count} members are meant. Look at it, then press again."),
    "coupon_one_only": N_("“{name}” is in the basket already. Only one of these coupons counts for a purchase."),
    "coupons_full": N_("A purchase takes at most {max} coupons."),
    "points_no_member": N_("Points belong to a member. Find the member first."),
    "points_not_cash": N_("This shop does not take points as cash."),
    "points_step": N_("Points are taken by {points} at a time."),
    "points_none": N_("No points can be taken for this basket."),
    **BENEFIT_REFUSALS,
    **CREDIT_REFUSALS,
    **INVOICE_REFUSALS,
    **MONEY_REFUSALS,
    **COUNTER_REFUSALS,
    **PRINTING_REFUSALS,
    **CHARGE_REFUSALS,
    **SELLING_REFUSALS,
    "gift_gone": N_("This gift is no longer to be had. Choose another one."),
    "amount_range": N_("This amount is not possible."),
    "already_paid": N_("This sale is paid already: receipt {receipt}."),
    "stale_sale": N_("This basket has changed meanwhile. Look at the total, then press again."),
    "disk_full": N_("The disk is full, so no sale can be recorded. Call for help; nothing was charged."),
    "store_read_only": N_("The disk refuses writing, so no sale can be recorded. Call for help; nothing was charged."),
    "store_failed": N_("The till's store does not take it: nothing was changed. Call for help."),
    "till_busy": N_("The till is busy. Try once more."),
    "no_printer": N_("This lane has no printer."),
    "printer_refused": N_(
        "The printer did not take it. Look at paper and cover; it is printed when the printer is back."
    ),
    "receipt_unknown": N_("There is no such receipt."),
    "reason_missing": N_("Choose a reason first."),
    "scale_label_amount_zero": N_("The scale label says zero. Weigh it once more."),
    "queue_full": N_("Too many scans at once; the last ones were not taken. Scan them again."),
    "promotion_gone": N_("This promotion is no longer in the draft."),
    "rules_no_draft": N_("There is no draft to publish."),
    "rules_draft_changed": N_("The draft has changed meanwhile. Look at it once more."),
    "rules_changed": N_("Version {number} was published meanwhile. Look at it, then publish again."),
    "rules_problems": N_("Not published: {count} problems. The version in force stays."),
    "rules_version_unknown": N_("There is no earlier version {number}."),
    "reader_dropped": N_("The reader {device} sent something unreadable. Scan once more."),
    **{f"missed_{reason}": text for reason, text in MISSES.items()},
}
"""What a cashier reads for each refusal; the names in braces are the refusal's params."""

TENDERS: Mapping[str, str] = {
    "exchange": N_("Exchange"),
    "credit": N_("Stored value, paid in"),
    "cash": N_("Cash"),
    "card": N_("Card"),
    "scan": N_("Scan-to-pay"),
    "stored_value": N_("Stored value"),
    "account": N_("On account"),
    "rounding": N_("Rounding of cash"),
    "principal": N_("Stored value, paid in"),
    "gift": N_("Stored value, gift"),
    **CODE_TENDERS,
}

ROLES: Mapping[str, str] = {"cashier": N_("Cashier"), "manager": N_("Manager"), "owner": N_("Owner")}


class Texts:
    """Everything that is said in one language. Holds no state of a request; one instance serves every thread."""

    def __init__(self, language: str, currency: str = "CNY") -> None:
        """Load the catalogue of a language tag: `zh-Hans`, `zh-Hant` or `en`. Raises KeyError for another."""
        self.language = language
        self.currency = currency
        self.locale = Locale.parse(LOCALES[language])
        self.amount = lru_cache(AMOUNTS_KEPT)(self._amount)
        """Return an amount without the currency's sign: `1,234.50`."""
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()
        if language != "en":
            # English is what stands in the source, so its catalogue would be empty.
            self._catalogue = gettext.translation("messages", TRANSLATIONS, [language.replace("-", "_")], fallback=True)

    def t(self, msgid: str, **params: object) -> str:
        """Return the text in this language with its params put in. Texts from outside belong into params only."""
        if not msgid:
            return ""  # gettext answers the empty msgid with the catalogue's header
        text = self._catalogue.gettext(msgid)
        return text.format(**params) if params else text

    def name(self, names: Names) -> str:
        return names.of(self.language)

    @cached_property
    def symbol(self) -> str:
        """The shop's currency sign; Babel's Chinese locale writes CNY as ¥, its others as CN¥."""
        return get_currency_symbol(self.currency, LOCALES["zh-Hans"])

    @cached_property
    def decimals(self) -> int:
        return get_currency_precision(self.currency)

    def _amount(self, minor: Minor) -> str:
        pattern = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        # The default context rounds beyond 28 digits only, and an amount has 11.
        return format_decimal(Decimal(minor).scaleb(-self.decimals), pattern, locale=self.locale)

    def money(self, minor: Minor) -> str:
        """Return an amount as screens show it: `¥12.50`, `-¥3.00`."""
        return f"-{self.symbol}{self.amount(-minor)}" if minor < 0 else f"{self.symbol}{self.amount(minor)}"

    def weight(self, weight_g: int) -> str:
        """Return grams as kilograms with three places: `0.532 kg`."""
        return f"{weight_g // GRAMS_PER_KG}.{weight_g % GRAMS_PER_KG:03d} kg"

    def date(self, day: date) -> str:
        """Return `2026-11-22` in Chinese and `22 Nov 2026` in English."""
        return format_date(day, "d MMM y" if self.language == "en" else "y-MM-dd", locale=self.locale)

    def time(self, moment: datetime) -> str:
        """Return hours and minutes of a store-local moment."""
        return f"{moment:%H:%M}"

    def refusal(self, code: str, params: Mapping[str, str | int] | None = None) -> str:
        """Return why something was not done. A code without a text, or params that do not fit, show the code itself."""
        params = params or {}
        wanted = {name: self._told(name, value) for name, value in params.items() if ":" not in name}
        if f"name:{self.language}" in params:
            wanted["name"] = clipped(str(params[f"name:{self.language}"]))
        if "amount_minor" in wanted:
            wanted["amount"] = wanted["amount_minor"]
        if code in REFUSALS:
            try:
                return self.t(REFUSALS[code]).format_map(wanted)
            except KeyError:
                pass
        return " ".join([self.t("Not possible: {code}", code=clipped(code)), *wanted.values()])

    def _told(self, name: str, value: str | int) -> str:
        """Return what a parameter says: an amount, a day, or a text as it is."""
        if name.endswith("_minor") and isinstance(value, int):
            return self.money(value)
        if name == "day":
            with suppress(ValueError):
                return self.date(date.fromisoformat(str(value)))
        return clipped(str(value))

    def miss(self, missed: MissedPromotion) -> str:
        """Return why a promotion did not apply, fit to be read out to the customer."""
        return self.t(
            MISSES[missed.reason],
            name=clipped(self.name(missed.names)),
            amount=self.money(missed.short),
            count=missed.short,
        )

    def distance(self, by: str, short: int, tier: Names) -> str:
        """Return how far it is to a tier.

        Args:
            by: what is missing: spend, visits or points.
            short: how much of it.
        """
        said = clipped(self.name(tier))
        if by == "visits":
            return self.t("{count} more purchases to {tier}", count=short, tier=said)
        if by == "points":
            return self.t("{points} more points to {tier}", points=short, tier=said)
        return self.t("{amount} to {tier}", amount=self.money(short), tier=said)

    def tender(self, kind: str) -> str:
        return self.t(TENDERS.get(kind, kind))

    def device_state(self, state: str) -> str:
        return self.t(DEVICE_STATES.get(state, state))

    def device_kind(self, kind: str) -> str:
        return self.t(DEVICE_KINDS.get(kind, kind))

    def print_state(self, state: str) -> str:
        return self.t(PRINT_STATES.get(state, state))

    def charge_state(self, state: str) -> str:
        return self.t(CHARGE_STATES.get(state, state))

    def role(self, role: str) -> str:
        return self.t(ROLES.get(role, role))


def clipped(text: str, limit: int = PARAM_MAX) -> str:
    """Return one visible line of at most `limit` characters, control characters taken out."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
