"""The tables as peewee models, for writing queries that SQLite and PostgreSQL both take.

The models belong to no database: each query is bound to the one that it runs on, so that a process may hold several.
Tables are made by the migrations, which hold frozen copies.
"""

from __future__ import annotations

from peewee import AutoField, BigIntegerField, BlobField, BooleanField, CompositeKey, IntegerField, Model, TextField


class Store(Model):
    """A store that has ever sent a message, with its last sale."""

    store = TextField(primary_key=True)
    epoch = TextField()
    """The newest one."""
    last_number = TextField(default="")
    last_total = BigIntegerField(default=0)
    last_currency = TextField(default="")
    last_sold_ms = BigIntegerField(default=0)

    class Meta:  # noqa: D106
        table_name = "store"


class Stream(Model):
    """The messages of one epoch of a store: how far they are here without a gap."""

    store = TextField()
    epoch = TextField()
    upto = BigIntegerField(default=0)
    held = IntegerField(default=0)
    """Messages here beyond a gap."""
    set_aside = IntegerField(default=0)
    """Sequences of this stream that stand for a message that could not be read."""

    class Meta:  # noqa: D106
        table_name = "stream"
        primary_key = CompositeKey("store", "epoch")


class Message(Model):
    """A message as it came, without what must not be kept."""

    store = TextField()
    epoch = TextField()
    seq = BigIntegerField()
    kind = TextField()
    subject = TextField()
    time = TextField()
    hash = TextField()
    """SHA-256 of the body as it was sent; empty where it could not be read."""
    prev_hash = TextField()
    body = TextField()
    received_ms = BigIntegerField()
    set_aside = BooleanField()

    class Meta:  # noqa: D106
        table_name = "message"
        primary_key = CompositeKey("store", "epoch", "seq")


class Sale(Model):
    """A closed sale."""

    store = TextField()
    sale_id = TextField()
    epoch = TextField()
    seq = BigIntegerField()
    receipt_number = TextField()
    lane = IntegerField()
    staff_id = TextField()
    member_id = TextField(null=True)
    business_date = TextField()
    sold_at_ms = BigIntegerField()
    clock_unsure = BooleanField()
    currency = TextField()
    gross = BigIntegerField()
    discount = BigIntegerField()
    total = BigIntegerField()
    tax = BigIntegerField()
    points = BigIntegerField()
    change = BigIntegerField()
    rules_version = TextField()

    class Meta:  # noqa: D106
        table_name = "sale"
        primary_key = CompositeKey("store", "sale_id")


class SaleLine(Model):
    """A line of a sale."""

    store = TextField()
    sale_id = TextField()
    line = IntegerField()
    sku = TextField()
    name = TextField()
    quantity = BigIntegerField()
    weight_g = BigIntegerField(null=True)
    unit_price = BigIntegerField()
    gross = BigIntegerField()
    net = BigIntegerField()
    tax_bp = IntegerField()
    tax = BigIntegerField()
    discounts = TextField()
    """JSON list of [reason, amount]."""

    class Meta:  # noqa: D106
        table_name = "sale_line"
        primary_key = CompositeKey("store", "sale_id", "line")


class Tender(Model):
    """One way in which a sale was paid; what was paid with is not kept."""

    store = TextField()
    sale_id = TextField()
    number = IntegerField()
    kind = TextField()
    amount = BigIntegerField()
    given = BigIntegerField()

    class Meta:  # noqa: D106
        table_name = "tender"
        primary_key = CompositeKey("store", "sale_id", "number")


class Refund(Model):
    """Money that was given back, or that paid for other goods in an exchange."""

    store = TextField()
    return_id = TextField()
    epoch = TextField()
    seq = BigIntegerField()
    receipt_number = TextField()
    """Of the return's own receipt."""
    sale_id = TextField()
    """Empty without a receipt."""
    lane = IntegerField()
    staff_id = TextField()
    approver_id = TextField()
    business_date = TextField()
    at_ms = BigIntegerField()
    currency = TextField()
    amount = BigIntegerField()
    exchange_sale_id = TextField()
    """The sale that it was exchanged for; empty without one."""

    class Meta:  # noqa: D106
        table_name = "refund"
        primary_key = CompositeKey("store", "return_id")


class StoreDay(Model):
    """Sales and takings of a business date, and what came back on it, kept in the transaction of each."""

    store = TextField()
    business_date = TextField()
    currency = TextField()
    sales = BigIntegerField()
    takings = BigIntegerField()
    """What was sold, before what came back."""
    returns = BigIntegerField(default=0)
    refunded = BigIntegerField(default=0)

    class Meta:  # noqa: D106
        table_name = "store_day"
        primary_key = CompositeKey("store", "business_date", "currency")


class StoreState(Model):
    """The newest state that a store told."""

    store = TextField(primary_key=True)
    is_online = BooleanField()
    boot = TextField()
    version = TextField()
    epoch = TextField()
    at_ms = BigIntegerField()
    waiting = BigIntegerField()
    devices = TextField()
    """JSON object of name and state."""
    received_ms = BigIntegerField()

    class Meta:  # noqa: D106
        table_name = "store_state"


class SetAside(Model):
    """A message that could not be read, kept in part and with long numbers blotted out."""

    id = AutoField()
    store = TextField()
    epoch = TextField(default="")
    seq = BigIntegerField(null=True)
    topic = TextField()
    reason = TextField()
    detail = TextField()
    hash = TextField()
    size = BigIntegerField()
    head = BlobField()
    received_ms = BigIntegerField()

    class Meta:  # noqa: D106
        table_name = "set_aside"
        indexes = ((("store", "hash"), True),)


class Alarm(Model):
    """What does not fit together: a fork of the chain, a sequence used twice, a new epoch."""

    id = AutoField()
    store = TextField()
    epoch = TextField()
    seq = BigIntegerField()
    kind = TextField()
    detail = TextField()
    at_ms = BigIntegerField()

    class Meta:  # noqa: D106
        table_name = "alarm"
        indexes = ((("store", "epoch", "seq", "kind"), True),)
