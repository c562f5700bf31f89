"""The workload in django-oscar: a ConditionalOffer for every promotion, applied by its Applicator.

Run by the peers' Python, with the work on standard input. What was done in its favour: there is no database; offers,
conditions and benefits are loaded before the clock starts, and so are baskets with their prices; a range looks a
product up in a set in memory (oscar lets a range be a class of one's own). As it comes, it asks the database
for every line, offer and attempt, see `oscar_tables.py`.

Offers are exclusive, as oscar makes them unless told otherwise: a piece takes part in one. With oscar's combinations a
threshold would count list prices, where the workload's counts what the other promotions leave. Of the workload's kinds

- `percent_off`, `n_for_price` and `buy_n_get_m` have their counterpart;
- a second piece at a reduced price (`nth_item`) is a percentage on at most one piece, which oscar gives once a basket,
  but the first piece is not used up and may serve other offers, which the workload does not allow;
- `bundle` has none that reduces both: one makes the other cheaper, in the same way, see `bundle_as_pair`;
- `every_spend_off` has its counterpart, but uses up only whole pieces, and counts list prices;
- `spend_off` is an offer for each step, once a basket each, so that both steps may apply.

Where oscar is cheaper than ours, that comes of the last, of first pieces not used up, or is a few cents: it rounds
percentages once a basket.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from benchmarks.peers.loop import ItemRow, Lines, Promotion, serve
from benchmarks.peers.mapping import Catalogue, bundle_as_pair, money, percent

FREE_BP = 10_000


class Terms(NamedTuple):
    """One offer: what a basket needs, and what it gets."""

    condition: str
    """Class of oscar's conditions."""
    needs: frozenset[int]
    much: Decimal
    """Pieces, or the amount to spend."""
    benefit: str
    """Class of oscar's benefits."""
    gets: frozenset[int]
    value: Decimal | None
    pieces_max: int | None = None
    times_max: int | None = None


def terms(catalogue: Catalogue, promotion: Promotion) -> list[Terms]:
    """Return the offers that stand for a promotion, the first to be applied first."""
    scope = catalogue.covered(promotion["scope"])

    def counted(pieces: int, benefit: str, value: Decimal | None, *, pieces_max: int | None = None) -> Terms:
        return Terms("CountCondition", scope, Decimal(pieces), benefit, scope, value, pieces_max)

    def valued(spend: int, off: int, *, times_max: int) -> Terms:
        benefit = "AbsoluteDiscountBenefit"
        return Terms("ValueCondition", scope, money(spend), benefit, scope, money(off), times_max=times_max)

    match promotion["kind"]:
        case "percent_off":
            return [counted(1, "PercentageDiscountBenefit", percent(promotion["off_bp"]))]
        case "n_for_price":
            return [counted(promotion["quantity"], "FixedPriceBenefit", money(promotion["price"]))]
        case "buy_n_get_m":
            assert (promotion["get"], promotion["off_bp"]) == (1, FREE_BP), "the workload gives one piece, free"
            return [counted(promotion["buy"] + 1, "MultibuyDiscountBenefit", None)]
        case "nth_item":
            ladder = promotion["ladder_bp"]
            return [counted(len(ladder), "PercentageDiscountBenefit", percent(ladder[-1]), pieces_max=1)]
        case "bundle":
            if (pair := bundle_as_pair(catalogue, promotion)) is None:
                return []
            off = percent(pair.off_bp)
            return [Terms("CountCondition", pair.buy, Decimal(1), "PercentageDiscountBenefit", pair.get, off, 1)]
        case "spend_off":
            return [valued(step["spend"], step["off"], times_max=1) for step in reversed(promotion["steps"])]
        case "every_spend_off":
            times_max = promotion["off_max"] // promotion["off"]
            return [valued(promotion["every"], promotion["off"], times_max=times_max)]
        case kind:
            raise ValueError(f"the workload has a kind without a counterpart: {kind}")


class InMemory:
    """A range's products, by key."""

    def __init__(self, numbers: frozenset[int]) -> None:
        self._numbers = numbers

    def contains_product(self, product: Any) -> bool:
        return product.id in self._numbers


def offers(catalogue: Catalogue, promotions: list[Promotion]) -> list[Any]:
    """Return the offers as they lie in memory once loaded."""
    from oscar.apps.offer import benefits, conditions
    from oscar.apps.offer.models import ConditionalOffer, Range

    found: list[Any] = []

    def covering(numbers: frozenset[int]) -> Any:
        products = Range(pk=len(found) + 1, name=f"r{len(found)}")
        products.proxy = InMemory(numbers)
        return products

    for promotion in promotions:
        for offer in terms(catalogue, promotion):
            number = len(found) + 1
            condition = getattr(conditions, offer.condition)(pk=number, range=covering(offer.needs), value=offer.much)
            benefit = getattr(benefits, offer.benefit)(
                pk=number, range=covering(offer.gets), value=offer.value, max_affected_items=offer.pieces_max
            )
            loaded = ConditionalOffer(
                pk=number,
                name=f"p{number}",
                condition=condition,
                benefit=benefit,
                max_basket_applications=offer.times_max,
            )
            # No offer lists another that it combines with; oscar asks that of each line again and again.
            none = ConditionalOffer.objects.none()
            none._result_cache = []
            loaded._prefetched_objects_cache = {"combinations": none, "in_combination": none}
            found.append(loaded)
    return found


class OscarShop:
    def __init__(self, items: list[ItemRow], promotions: list[Promotion]) -> None:
        from oscar.apps.catalogue.models import Product
        from oscar.apps.offer.applicator import Applicator
        from oscar.apps.partner.models import StockRecord
        from oscar.apps.partner.prices import FixedPrice
        from oscar.apps.partner.strategy import PurchaseInfo

        self._offers = offers(Catalogue(items), promotions)
        self._apply = Applicator().apply_offers
        self._stock = {}
        for number, item in enumerate(items, start=1):
            product = Product(pk=number, title=item["sku"])
            record = StockRecord(pk=number, product=product, price=money(item["price"]))
            bought = FixedPrice("CNY", record.price, tax=Decimal("0.00"))
            self._stock[item["sku"]] = (product, record, PurchaseInfo(bought, None, record))

    def fill(self, lines: Lines) -> Any:
        from oscar.apps.basket.models import Basket, Line

        basket = Basket(pk=1)
        basket._lines = []
        for number, (sku, pieces) in enumerate(lines, start=1):
            product, record, info = self._stock[sku]
            line = Line(pk=number, basket=basket, product=product, stockrecord=record, quantity=pieces)
            line._info = info
            basket._lines.append(line)
        return basket

    def price(self, basket: Any) -> None:
        self._apply(basket, self._offers)

    def total(self, basket: Any, _priced: None) -> int:
        return int(basket.total_excl_tax.scaleb(2))


def set_up(**settings_of_its_own: Any) -> None:
    """Start Django with oscar's applications and default settings.

    Without DATABASES, Django raises on any query: then nothing can wait for one unseen.
    """
    import django
    import oscar
    from django.conf import settings
    from oscar import defaults

    named = {name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")}
    settings.configure(
        INSTALLED_APPS=oscar.INSTALLED_APPS,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        SECRET_KEY="for this run only",
        SITE_ID=1,
        USE_TZ=True,
        **named,
        **settings_of_its_own,
    )
    django.setup()


def main() -> None:
    set_up()
    serve(OscarShop, "django-oscar", "Django")


if __name__ == "__main__":
    main()
