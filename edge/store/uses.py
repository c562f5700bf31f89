"""How often promotions were used and which codes were spent: counted in the sale's transaction, read before pricing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from peewee import SqliteDatabase

from edge.store import coupons
from edge.store.database import execute_many, rows
from rules.promotion_kinds import RESERVED_IDS, PromotionBase, Uses
from rules.sale import Sale
from rules.usage import NO_USAGE, Usage


def count(db: SqliteDatabase, sale: Sale, sale_no: int) -> None:
    """Count what a sale used, within the caller's transaction. A code that was spent before fails it.

    Raises `coupons.CouponSpentError` for an issued coupon that is not open.
    """
    used = sorted({each.promotion_id for each in sale.promotions} - set(RESERVED_IDS))
    spans = [("all", ""), ("day", sale.business_date)]
    if sale.member_id is not None:
        spans.append(("member", sale.member_id))
    execute_many(
        db,
        "INSERT INTO promotion_use VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET baskets = baskets + 1",
        [(promotion_id, span, key) for promotion_id in used for span, key in spans],
    )
    issued = coupons.spend(db, sale, sale_no) if sale.spent_codes else frozenset()
    others = [(code, sale_no) for code in sale.spent_codes if code not in issued]
    execute_many(db, "INSERT INTO spent_code VALUES (?, ?)", others)


def usage(
    db: SqliteDatabase,
    promotions: Iterable[PromotionBase],
    *,
    member_id: str | None,
    business_date: str,
    codes: Sequence[str],
) -> Usage:
    """Return what pricing must know of earlier uses: of promotions with a limit, and of the codes that were given."""
    limited = [promotion.id for promotion in promotions if promotion.uses != Uses()]
    folded = [code.strip().casefold() for code in codes]
    if not limited and not folded:
        return NO_USAGE
    counts: dict[str, dict[str, int]] = {"all": {}, "member": {}, "day": {}}
    if limited:
        # Each by the whole key: a promotion that ten thousand members used has as many rows.
        found = rows(
            db,
            "WITH span (name, key) AS (VALUES ('all', ''), ('day', ?), ('member', ?))"
            " SELECT u.span, u.promotion_id, u.baskets FROM json_each(?) l CROSS JOIN span s CROSS JOIN promotion_use u"
            " WHERE u.promotion_id = l.value AND u.span = s.name AND u.key = s.key",
            business_date,
            member_id or "",
            msgspec.json.encode(limited).decode(),
        )
        for span, promotion_id, baskets in found:
            counts[span][promotion_id] = baskets
    return Usage(
        in_all=counts["all"],
        by_member=counts["member"],
        today=counts["day"],
        spent_codes=frozenset(spent(db, folded)) if folded else frozenset(),
    )


def spent(db: SqliteDatabase, codes: Sequence[str]) -> list[str]:
    """Return those of some codes, with capitals folded, that were spent."""
    found = rows(
        db,
        "SELECT c.code FROM json_each(?) g CROSS JOIN spent_code c WHERE c.code = g.value",
        msgspec.json.encode(codes).decode(),
    )
    return [code for (code,) in found]


def codes_of_sale(db: SqliteDatabase, sale_no: int) -> tuple[str, ...]:
    """Return the single-use codes that a sale spent, issued coupons among them."""
    found = rows(db, "SELECT code FROM spent_code WHERE sale_no = ?", sale_no)
    return tuple(sorted([code for (code,) in found] + coupons.codes_used_by(db, sale_no)))


def wrong_count(db: SqliteDatabase) -> str:
    """Return the first count that is not what the sales give, or an empty text."""
    found = rows(
        db,
        """
        WITH used AS (
            SELECT DISTINCT s.sale_no, coalesce(m.into_id, s.member_id) AS member_id, s.business_date,
                json_extract(p.value, '$[0]') AS id
            FROM sale s LEFT JOIN member_merge m ON m.gone_id = s.member_id, json_each(s.promotions) p
            WHERE json_extract(p.value, '$[0]') NOT IN (?, ?, ?)
        ), truth AS (
            SELECT id, 'all' AS span, '' AS key, count(*) AS baskets FROM used GROUP BY id
            UNION ALL SELECT id, 'member', member_id, count(*) FROM used WHERE member_id IS NOT NULL
                GROUP BY id, member_id
            UNION ALL SELECT id, 'day', business_date, count(*) FROM used GROUP BY id, business_date
        )
        SELECT coalesce(u.promotion_id, t.id), coalesce(u.span, t.span), coalesce(u.key, t.key),
            coalesce(u.baskets, 0), coalesce(t.baskets, 0)
        FROM truth t FULL JOIN promotion_use u ON u.promotion_id = t.id AND u.span = t.span AND u.key = t.key
        WHERE coalesce(u.baskets, 0) <> coalesce(t.baskets, 0) ORDER BY 1, 2, 3 LIMIT 1
        """,
        *RESERVED_IDS,
    )
    return "".join(
        f"uses of {promotion_id} ({' '.join(filter(None, (span, key)))}): kept {kept}, sales give {truth}"
        for promotion_id, span, key, kept, truth in found
    )
