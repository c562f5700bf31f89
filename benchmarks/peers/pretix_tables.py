"""The workload in pretix as it comes: discounts stand in its tables, in SQLite in memory, and are read for every cart.

Everything else is as in `pretix_shop.py`, and so are the totals.
"""

from __future__ import annotations

import os
import tempfile

from benchmarks.peers.django_tables import NoMigrations, make_tables
from benchmarks.peers.loop import ItemRow, Promotion, serve
from benchmarks.peers.mapping import money
from benchmarks.peers.pretix_shop import PretixShop, discount_fields


class PretixTables(PretixShop):
    def __init__(self, items: list[ItemRow], promotions: list[Promotion]) -> None:
        from django.utils.timezone import now
        from pretix.base.models import Discount, Event, Item, Organizer

        super().__init__(items, promotions)
        organizer, _ = Organizer.objects.get_or_create(name="o", slug="o")
        self._event, new = Event.objects.get_or_create(
            organizer=organizer, slug="e", defaults={"name": "e", "currency": "CNY", "date_from": now()}
        )
        if new:
            sold = [
                Item(pk=number, event=self._event, name=item["sku"], default_price=money(item["price"]))
                for number, item in enumerate(items, start=1)
            ]
            Item.objects.bulk_create(sold)
        self._event.discounts.all().delete()
        for position, given in enumerate(discount_fields(items, promotions)):
            condition, benefit = given.pop("condition"), given.pop("benefit")
            discount = Discount.objects.create(event=self._event, position=position, **given)
            discount.condition_limit_products.set(condition)
            discount.benefit_limit_products.set(benefit)


def main() -> None:
    import django
    from django.conf import settings

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "pretix.settings"}
        os.environ["PRETIX_DATABASE_NAME"] = ":memory:"
        settings.MIGRATION_MODULES = NoMigrations()
        django.setup()

        from django_scopes import scopes_disabled

        make_tables()
        with scopes_disabled():
            serve(PretixTables, "pretix", "Django")


if __name__ == "__main__":
    main()
