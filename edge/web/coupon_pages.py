"""Issued coupons on the screen: those of the basket's member, a member's file, and batches in the back office."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.coupon_codes import last_day
from edge.coupon_desk import NewBatch, issue_to_member, issue_to_segment, new_batch, void_batch
from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.screen import Refusal
from edge.store import coupons
from edge.store.coupon_batches import NAME_MAX, find_batch
from edge.store.coupon_reports import BatchReport, issuable, reports
from edge.store.segments import SEGMENT_TAGS_MAX, Segment, segment_count
from edge.web.house import House
from edge.web.member_pages import MemberPages, signed_in
from edge.web.office import OfficePages, only_managers
from rules.coupon_codes import shown_code
from rules.money import parse_amount

FIGURE_MAX = 1_000_000
CSV_HEAD = ("code", "state", "member", "valid_from", "valid_until")


class WrongFormError(Exception):
    """A figure or a day of a form cannot be read."""


def look(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    """Return what the tab of a member's file shows."""
    db, shop = room.db, room.shop
    names = shop.promotion_names()
    return {
        "held": [
            (each, names.get(each.promotion_id, each.names), last_day(shop, each), _state(each, shop.clock.now_ms()))
            for each in coupons.all_of_member(db, member_id)
        ],
        "shown_code": shown_code,
        "batches": issuable(db),
    }


def lane_blueprint(house: House, members: MemberPages) -> Blueprint:
    """Return the coupons of the basket's member, and issuing one by hand from a member's file."""
    pages = Blueprint("coupons", __name__, url_prefix="/lane/<int:lane>")

    @pages.get("/coupons")
    def offers(lane: int) -> ResponseReturnValue:
        view = signed_in(house, lane)
        shop = members.room.shop
        days = {each.code: _day(shop.clock.local(each.until_ms - 1).date(), each.until_ms) for each in view.offers}
        return render_template("panels/coupons.html", view=view, days=days)

    @pages.post("/member/<member_id>/coupons")
    def issue(lane: int, member_id: str) -> ResponseReturnValue:
        number = request.form.get("batch", 0, int)
        refusal = members.ask(lane, issue_to_member, batch_id=number, member_id=member_id)
        done = "" if refusal else members.speech.texts().t("The coupon is issued.")
        return members.page(lane, member_id, "coupons", refusal=refusal, done=done)

    return pages


def office_blueprint(office: OfficePages) -> Blueprint:
    """Return the batches of the back office."""
    pages = Blueprint("office_coupons", __name__, url_prefix="/lane/<int:lane>/office/coupons")
    only_managers(pages, office.house)
    _add_list(pages, office)
    _add_batch(pages, office)
    return pages


def _add_list(pages: Blueprint, office: OfficePages) -> None:
    shop = office.room.shop

    def list_page(lane: int, **more: Any) -> str:
        return office.page(
            "coupons", lane, "coupons", reports=reports(shop.store.db, now_ms=shop.clock.now_ms()),
            names=shop.promotion_names(), **more,
        )  # fmt: skip

    def form_page(lane: int, refusal: str = "") -> str:
        offers = [each for each in shop.rules.promotions if each.issued]
        return office.page(
            "coupon_form", lane, "coupons", refusal=refusal, offers=offers, form=request.form, name_max=NAME_MAX
        )

    @pages.get("")
    def batches(lane: int) -> ResponseReturnValue:
        return list_page(lane)

    @pages.get("/new")
    def form(lane: int) -> ResponseReturnValue:
        return form_page(lane)

    @pages.post("/new")
    def make(lane: int) -> ResponseReturnValue:
        texts = office.speech.texts()
        try:
            asked = NewBatch(
                name=request.form.get("name", "")[: 2 * NAME_MAX],
                promotion_id=request.form.get("promotion", ""),
                is_bearer=request.form.get("who") == "bearer",
                is_revived=request.form.get("revived") == "1",
                count=_figure("count") or 0,
                first_day=_date("first_day"),
                last_day=_date("last_day"),
                valid_days=_figure("valid_days") or 0,
            )
        except WrongFormError:
            return form_page(lane, texts.refusal("form_wrong"))
        refusal = office.ask(lane, new_batch, asked=asked)
        if refusal:
            return form_page(lane, refusal)
        return list_page(lane, done=texts.t("The batch is made."))


def _add_batch(pages: Blueprint, office: OfficePages) -> None:
    shop, texts = office.room.shop, office.speech.texts

    def batch_page(lane: int, batch_id: int, **more: Any) -> str:
        found = _report(office, batch_id)
        return office.page(
            "coupon_batch", lane, "coupons", report=found, names=shop.promotion_names(), tiers=shop.rules.tiers,
            form=request.form, **more,
        )  # fmt: skip

    def meant(batch_id: int) -> tuple[Segment, int] | str:
        try:
            segment = _segment()
        except WrongFormError:
            return texts().refusal("form_wrong")
        today = shop.clock.now_local().date()
        return segment, segment_count(shop.store.db, segment, today=today, without_batch=batch_id)

    @pages.get("/<int:batch_id>")
    def batch(lane: int, batch_id: int) -> ResponseReturnValue:
        return batch_page(lane, batch_id)

    @pages.post("/<int:batch_id>/count")
    def count(lane: int, batch_id: int) -> ResponseReturnValue:
        del lane
        found = meant(batch_id)
        refusal, number = (found, 0) if isinstance(found, str) else ("", found[1])
        return render_template("office/coupon_count.html", refusal=refusal, count=number)

    @pages.post("/<int:batch_id>/issue")
    def issue(lane: int, batch_id: int) -> ResponseReturnValue:
        found = meant(batch_id)
        if isinstance(found, str):
            return batch_page(lane, batch_id, refusal=found)
        try:
            expected = _figure("expected") or 0
            answer = office.house.ask(lane, issue_to_segment, batch_id=batch_id, segment=found[0], expected=expected)
        except WrongFormError:
            answer = Refusal("form_wrong")
        except TillBusyError:
            answer = Refusal("till_busy")
        if isinstance(answer, Refusal):
            return batch_page(lane, batch_id, refusal=texts().refusal(answer.code, answer.params))
        return batch_page(lane, batch_id, done=texts().t("Issued to {count} members.", count=answer))

    @pages.post("/<int:batch_id>/void")
    def void(lane: int, batch_id: int) -> ResponseReturnValue:
        refusal = office.ask(lane, void_batch, batch_id=batch_id)
        return batch_page(lane, batch_id, refusal=refusal)

    @pages.get("/<int:batch_id>/codes.csv")
    def codes(lane: int, batch_id: int) -> ResponseReturnValue:
        del lane
        if find_batch(shop.store.db, batch_id) is None:
            abort(404)
        return Response(
            _csv(office, batch_id),
            mimetype="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="coupons-{batch_id}.csv"'},
        )


def _report(office: OfficePages, batch_id: int) -> BatchReport:
    shop = office.room.shop
    found = reports(shop.store.db, now_ms=shop.clock.now_ms(), batch_id=batch_id)
    return found[0] if found else abort(404)


def _csv(office: OfficePages, batch_id: int) -> Iterator[str]:
    shop = office.room.shop
    for row in (CSV_HEAD, *csv_rows(shop.store.db, batch_id, shop)):
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(row)
        yield line.getvalue()


def csv_rows(db: Any, batch_id: int, shop: Any) -> Iterator[tuple[str, ...]]:
    """Yield what a list of codes says of each coupon; members go by their ids."""
    now_ms = shop.clock.now_ms()
    for each in coupons.batch_coupons(db, batch_id):
        since = shop.clock.local(each.valid_from_ms)
        yield (shown_code(each.code), _state(each, now_ms), each.member_id or "", f"{since:%Y-%m-%d %H:%M}",
               last_day(shop, each))  # fmt: skip


def _state(coupon: coupons.Coupon, now_ms: int) -> str:
    return "expired" if coupon.state == "open" and now_ms >= coupon.valid_until_ms else coupon.state


def _day(day: date, until_ms: int) -> str:
    return "" if until_ms >= coupons.FOREVER_MS else day.isoformat()


def _segment() -> Segment:
    tags = tuple(request.form.get("tags", "").split()[:SEGMENT_TAGS_MAX])
    month = _figure("birthday_month")
    if month is not None and not 1 <= month <= 12:
        raise WrongFormError
    return Segment(
        tags=tags, tiers=tuple(request.form.getlist("tiers")[:SEGMENT_TAGS_MAX]),
        visits_from=_figure("visits_from"), visits_to=_figure("visits_to"),
        last_visit_from=_date("last_visit_from"), last_visit_before=_date("last_visit_before"),
        spend_from=_amount("spend_from"), spend_below=_amount("spend_below"), birthday_month=month,
    )  # fmt: skip


def _figure(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 7 or int(text) > FIGURE_MAX:
        raise WrongFormError
    return int(text)


def _amount(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    amount = parse_amount(text) if text else None
    if text and amount is None:
        raise WrongFormError
    return amount


def _date(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongFormError from None
