"""The workload in django-oscar as it comes: offers, ranges and baskets stand in its tables, in SQLite in memory.

Its Applicator reads the offers for every basket, and its ranges ask the database for every line. Everything else is as
in `oscar_shop.py`, and so are the totals.
"""

from __future__ import annotations

from typing import Any

from benchmarks.peers.django_tables import NoMigrations, make_tables
from benchmarks.peers.loop import ItemRow, Lines, Promotion, serve
from benchmarks.peers.mapping import Catalogue, money
from benchmarks.peers.oscar_shop import Terms, set_up, terms


class OscarTables:
    def __init__(self, items: list[ItemRow], promotions: list[Promotion]) -> None:
        from oscar.apps.offer.applicator import Applicator
        from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range
        from oscar.apps.partner.strategy import Default

        for model in (ConditionalOffer, Condition, Benefit, Range):
            model.objects.all().delete()
        self._products = stocked(items)
        catalogue = Catalogue(items)
        found = [offer for promotion in promotions for offer in terms(catalogue, promotion)]
        for number, offer in enumerate(found):
            store_offer(offer, number=number, priority=len(found) - number, everything=len(items))
        self._apply = Applicator().apply
        self._strategy = Default()

    def fill(self, lines: Lines) -> Any:
        from oscar.apps.basket.models import Basket

        stored = Basket.objects.create()
        stored.strategy = self._strategy
        for sku, pieces in lines:
            stored.add_product(self._products[sku], pieces)
        # Read afresh, as a page does that shows the basket.
        basket = Basket.objects.get(pk=stored.pk)
        basket.strategy = self._strategy
        return basket

    def price(self, basket: Any) -> None:
        self._apply(basket)

    def total(self, basket: Any, _priced: None) -> int:
        return int(basket.total_excl_tax.scaleb(2))


def stocked(items: list[ItemRow]) -> dict[str, Any]:
    """Return the products by SKU, put into the tables when they are not there yet."""
    from oscar.apps.catalogue.models import Product, ProductClass
    from oscar.apps.partner.models import Partner, StockRecord

    if not Product.objects.exists():
        kind, partner = (
            ProductClass.objects.create(name="goods", track_stock=False),
            Partner.objects.create(name="shop"),
        )
        for number, item in enumerate(items, start=1):
            product = Product.objects.create(pk=number, title=item["sku"], product_class=kind)
            StockRecord.objects.create(
                product=product, partner=partner, partner_sku=item["sku"], price=money(item["price"])
            )
    return {product.title: product for product in Product.objects.all()}


def store_offer(offer: Terms, *, number: int, priority: int, everything: int) -> None:
    from oscar.apps.offer import benefits, conditions
    from oscar.apps.offer.models import ConditionalOffer, Range, RangeProduct

    def covering(name: str, numbers: frozenset[int]) -> Any:
        if len(numbers) == everything:
            return Range.objects.create(name=name, includes_all_products=True)
        products = Range.objects.create(name=name)
        RangeProduct.objects.bulk_create(RangeProduct(range=products, product_id=number) for number in numbers)
        return products

    needs, gets = covering(f"needs {number}", offer.needs), covering(f"gets {number}", offer.gets)
    condition, benefit = getattr(conditions, offer.condition), getattr(benefits, offer.benefit)
    ConditionalOffer.objects.create(
        name=f"p{number}",
        priority=priority,
        condition=condition.objects.create(type=kind_of(condition), range=needs, value=offer.much),
        benefit=benefit.objects.create(
            type=kind_of(benefit), range=gets, value=offer.value, max_affected_items=offer.pieces_max
        ),
        max_basket_applications=offer.times_max,
    )


def kind_of(proxy: Any) -> str:
    """Return the type that oscar keeps in the table for one of its classes of conditions or benefits."""
    return next(str(kind) for kind, found in proxy().proxy_map.items() if found is proxy)


def main() -> None:
    set_up(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        MIGRATION_MODULES=NoMigrations(),
    )
    make_tables()
    serve(OscarTables, "django-oscar", "Django")


if __name__ == "__main__":
    main()
