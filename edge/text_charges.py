"""What a cashier reads of payment codes: what is going on, what came of it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

CHARGE_REFUSALS: Mapping[str, str] = {
    "charge_running": N_("A payment code is being charged. Wait for it, or cancel it first."),
    "charge_gone": N_("This payment has moved on. Look at it once more."),
    "charge_cancelled": N_("Cancelled before anything was charged."),
    "charge_reversing": N_("Cancelled. Should the customer have paid, the money goes back by itself."),
    "charge_too_late": N_(
        "Not paid in time, so it is being undone: nothing is taken from the customer. Take the money in another way."
    ),
    "charge_not_believed": N_(
        "The answer did not fit this sale, so it is being undone. Take the money in another way and tell the manager."
    ),
    "charge_other_wallet": N_(
        "This shop cannot charge codes of this wallet. Nothing was sent. Let the customer show another payment code, or"
        " take the money with the bank's device and press Scan-to-pay."
    ),
    "charge_not_enough": N_("Not enough money on the customer's side. Let them choose another card or way to pay."),
    "charge_code_expired": N_("This payment code has expired. Let the customer refresh it, then scan again."),
    "charge_code_invalid": N_("This payment code is not valid. Let the customer refresh it, then scan again."),
    "charge_card_refused": N_("The customer's bank or wallet refused it. Let them choose another card or way to pay."),
    "charge_customer_cancelled": N_("The customer did not pay. Scan a new code, or take the money in another way."),
    "charge_closed": N_("This payment was closed and nothing was charged. Scan a new code."),
    "charge_no_line": N_(
        "No internet: payment codes cannot be charged now. Nothing was taken. Take cash, or use the bank's device."
    ),
    "charge_not_allowed": N_(
        "The payment service refuses this shop. Nothing was taken. Take cash, and tell the manager: taptill doctor."
    ),
    "charge_restarted": N_("The till restarted before the code was sent. Nothing was taken. Scan the code again."),
    "undone_all": N_(
        "All taken back. Cash to hand back: {cash_minor}. On the bank's device: {card_minor}. Payment codes, by"
        " themselves: {codes_minor}."
    ),
    "refund_gone": N_("This refund has moved on. Look at it once more."),
}

CHARGE_STATES: Mapping[str, str] = {
    "created": N_("Getting ready"),
    "paying": N_("Charging"),
    "user_paying": N_("Customer enters the password"),
    "unknown": N_("Not known yet"),
    "paid": N_("Paid"),
    "failed": N_("Not paid"),
    "reversing": N_("Being undone"),
    "reversed": N_("Undone"),
    "stuck": N_("Cannot be undone here"),
    "refunding": N_("Money on its way back"),
    "refunded": N_("Refunded"),
    "refused": N_("Refund refused"),
    "in_cash": N_("Paid back in cash"),
}
"""States of charges and of their refunds."""

CODE_TENDERS: Mapping[str, str] = {
    "wechat": N_("WeChat Pay"),
    "alipay": N_("Alipay"),
    "unionpay": N_("UnionPay"),
}
