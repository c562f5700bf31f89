"""A batch of messages into the database, in one transaction: each kept once, in order, gaps and forks noticed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from peewee import EXCLUDED, DataError, IntegrityError
from peewee import DatabaseError as PeeweeDatabaseError

from edge.messages import Ack, Nack, ReturnBody, SaleBody, StoreState, body_hash
from hq.envelope import Reason, Received
from hq.store.database import DatabaseDown, HqDatabase, Row
from hq.store.refunds import project_refunds
from hq.store.sales import project
from hq.store.states import keep_state
from hq.store.tables import Alarm, Message, SetAside, Store, Stream

HOLD_MAX: Final = 1_000
"""Most sequences beyond a gap that are kept; what lies further is left to the store to send again."""
NACK_MAX: Final = 200
"""Most refusals in one ack."""
SET_ASIDE_KEEP_MAX: Final = 1_000
"""Most unreadable messages kept of a store: the newest."""
HEAD_MAX_BYTES: Final = 1_024
"""So much of an unreadable message is kept."""
LONG_NUMBER: Final = re.compile(rb"\d{7,}")
"""A phone, a card or a payment code may stand in a message that nobody understood: long numbers are blotted out."""
PROJECTED: Final = ("sale", "refund")
"""Kinds of messages that stand in tables of their own as well."""
FAILURES_MAX: Final = 10
"""How far back the first of several failures is looked for."""


class _Known(NamedTuple):
    hash: str
    prev_hash: str
    set_aside: bool


class Answer(NamedTuple):
    """What is to be told to a store once the transaction has ended."""

    store: str
    ack: Ack


def keep(
    database: HqDatabase, messages: Sequence[Received], states: Mapping[str, StoreState], *, at_ms: int
) -> list[Answer]:
    """Keep a batch in one transaction, and return the acks that are true now that it is on the disk.

    A message that the database itself cannot hold is set aside, and takes no other one with it. Raises DatabaseDown.
    """
    try:
        try:
            return _keep_all(database, messages, states, at_ms)
        except (DataError, IntegrityError, OverflowError):
            for store in sorted(states):
                # They are acknowledged to the broker together with the messages, so nobody sends them again.
                _keep_one_state(database, store, states[store], at_ms)
            answers: list[Answer] = []
            for message in messages:
                answers += _keep_one(database, message, at_ms)
            return answers
    except PeeweeDatabaseError as error:
        # A connection that the database has closed stays broken: after its restart only a new one gets through.
        database.drop_connection()
        raise DatabaseDown(str(_first_failure(error))) from error


def _first_failure(error: BaseException) -> BaseException:
    """Return what failed first: that the transaction could not be undone either is not the news."""
    first, earlier = error, error.__context__
    for _ in range(FAILURES_MAX):
        if earlier is None:
            break
        if isinstance(earlier, PeeweeDatabaseError):
            first = earlier
        earlier = earlier.__context__
    return first


def _keep_all(
    database: HqDatabase, messages: Sequence[Received], states: Mapping[str, StoreState], at_ms: int
) -> list[Answer]:
    with database.transaction():
        for store in sorted(states):
            keep_state(database, store, states[store], at_ms=at_ms)
        return _take(database, messages, at_ms=at_ms)


def _keep_one_state(database: HqDatabase, store: str, state: StoreState, at_ms: int) -> None:
    # One that the database itself cannot hold is let go: the store tells the next one within a minute.
    with suppress(DataError, IntegrityError, OverflowError):
        _keep_all(database, [], {store: state}, at_ms)


def _keep_one(database: HqDatabase, message: Received, at_ms: int) -> list[Answer]:
    try:
        return _keep_all(database, [message], {}, at_ms)
    except (DataError, IntegrityError, OverflowError) as error:
        broken = replace(message, reason=Reason.OUT_OF_RANGE, detail=type(error).__name__, sale=None, refund=None)
        return _keep_all(database, [broken], {}, at_ms)


def _take(database: HqDatabase, messages: Iterable[Received], *, at_ms: int) -> list[Answer]:
    # Several receivers lock the streams of their batches in one order, so that none waits for another in a ring.
    ordered = sorted(messages, key=lambda message: (message.store, message.epoch))
    answers = []
    for (store, epoch), group in groupby(ordered, key=attrgetter("store", "epoch")):
        batch = list(group)
        _set_aside(database, [message for message in batch if message.reason], at_ms)
        readable = sorted((m for m in batch if m.seq is not None), key=lambda m: m.seq or 0)
        if epoch and readable:
            answers.append(Answer(store, _take_stream(database, store, epoch, readable, at_ms)))
    return answers


def _take_stream(database: HqDatabase, store: str, epoch: str, batch: Sequence[Received], at_ms: int) -> Ack:
    upto, held, set_aside = _lock(database, store, epoch, at_ms)
    known = _known(database, store, epoch, {seq for m in batch for seq in _around(m)})
    fresh: dict[int, Received] = {}
    alarms: list[Row] = []
    for message in batch:
        seq = message.seq
        assert seq is not None
        there = known.get(seq)
        if seq > upto + HOLD_MAX or (there and (message.reason or not there.set_aside)):
            if there and not message.reason and there.hash != message.hash:
                alarms.append((store, epoch, seq, "double", "two messages of one sequence differ", at_ms))
            continue
        fresh[seq] = message
        known[seq] = _Known(message.hash, message.prev_hash, message.reason is not None)
        alarms += _forks(known, store, epoch, seq, at_ms)
    replaced = [seq for seq in fresh if seq <= upto]
    set_aside += _write(database, store, epoch, fresh, at_ms, has_set_aside=set_aside > 0)
    database.insert_new(Alarm, alarms)
    new_upto, beyond = _advance(database, store, epoch, upto, fresh, is_gap=held > 0)
    _project(database, (store, epoch), fresh, replaced=replaced, new=range(upto + 1, new_upto + 1), at_ms=at_ms)
    nacks: list[Nack] = []
    if set_aside:
        nacks = _nacks(database, store, epoch, batch[0].seq or 0)
    database.execute(database.statements.write_stream, new_upto, len(beyond), set_aside, store, epoch)
    far = any(m.seq is not None and m.seq > new_upto + 1 and m.seq not in known for m in batch)
    told_upto = new_upto
    if len(nacks) > NACK_MAX:
        # What is covered by `upto` and not named is deleted at the store: never tell further than what is named.
        told_upto = min(new_upto, nacks[NACK_MAX].sequence - 1)
    return Ack(
        epoch=epoch,
        upto=told_upto,
        also=tuple(beyond),
        nack=tuple(nacks[:NACK_MAX]),
        resend_from=new_upto + 1 if beyond or far else None,
    )


def _around(message: Received) -> tuple[int, int, int]:
    assert message.seq is not None
    return message.seq - 1, message.seq, message.seq + 1


def _lock(database: HqDatabase, store: str, epoch: str, at_ms: int) -> tuple[int, int, int]:
    """Return (upto, held, set aside) of a stream, which no other receiver changes until our transaction ends."""
    if database.execute(database.statements.lock_stream, store, epoch).rowcount == 0:
        database.run(Stream.insert(store=store, epoch=epoch).on_conflict_ignore())
        database.execute(database.statements.lock_stream, store, epoch)
        _new_epoch(database, store, epoch, at_ms)
    upto, held, set_aside = database.execute(database.statements.read_stream, store, epoch).fetchone()
    return upto, held, set_aside


def _new_epoch(database: HqDatabase, store: str, epoch: str, at_ms: int) -> None:
    before = database.rows(Store.select(Store.epoch).where(Store.store == store))
    if before and before[0][0] != epoch:
        detail = f"before: {before[0][0]}"
        database.insert_new(Alarm, [(store, epoch, 0, "epoch", detail, at_ms)])
    insert = Store.insert(store=store, epoch=epoch)
    database.run(insert.on_conflict(conflict_target=[Store.store], update={Store.epoch: epoch}))


def _known(database: HqDatabase, store: str, epoch: str, seqs: set[int]) -> dict[int, _Known]:
    low, high = min(seqs), max(seqs)
    if high - low < 2 * len(seqs):
        # A run of sequences, the usual case, is one range of the key.
        found = database.execute(database.statements.known, store, epoch, low, high).fetchall()
    else:
        query = Message.select(Message.seq, Message.hash, Message.prev_hash, Message.set_aside).where(
            (Message.store == store) & (Message.epoch == epoch) & Message.seq.in_(sorted(seqs))
        )
        found = database.rows(query)
    return {seq: _Known(digest, prev, bool(aside)) for seq, digest, prev, aside in found}


def _forks(known: dict[int, _Known], store: str, epoch: str, seq: int, at_ms: int) -> list[Row]:
    """Return an alarm for each neighbour that is not chained to this message."""
    found: list[Row] = []
    for first, second in ((seq - 1, seq), (seq, seq + 1)):
        before, after = known.get(first), known.get(second)
        if second == 1 and after and not after.set_aside and after.prev_hash:
            found.append((store, epoch, second, "fork", "the first message names one before it", at_ms))
        if before is None or after is None or after.set_aside or not before.hash:
            continue
        if after.prev_hash != before.hash:
            found.append((store, epoch, second, "fork", f"not chained to message {first}", at_ms))
    return found


def _write(
    database: HqDatabase, store: str, epoch: str, fresh: dict[int, Received], at_ms: int, *, has_set_aside: bool
) -> int:
    """Insert messages, those that replace an unreadable one in its stead; return by how many more are set aside."""
    better = [seq for seq, message in fresh.items() if message.reason is None]
    gone = 0
    if better and has_set_aside:
        where = (Message.store == store) & (Message.epoch == epoch) & Message.set_aside & Message.seq.in_(better)
        gone = database.run(Message.delete().where(where))
        settled = (SetAside.store == store) & (SetAside.epoch == epoch) & SetAside.seq.in_(better)
        database.run(SetAside.delete().where(settled))
    database.insert_new(
        Message,
        [
            (store, epoch, seq, m.kind, m.subject, m.time, m.hash, m.prev_hash, m.body, at_ms, False)
            if m.reason is None
            else (store, epoch, seq, m.kind, "", "", "", "", f"{m.reason}: {m.detail}", at_ms, True)
            for seq, m in fresh.items()
        ],
    )
    return len(fresh) - len(better) - gone


def _advance(
    database: HqDatabase, store: str, epoch: str, upto: int, fresh: dict[int, Received], *, is_gap: bool
) -> tuple[int, list[int]]:
    """Return how far the stream goes without a gap now, and which sequences are here beyond it."""
    here = set(fresh)
    if is_gap:
        query = Message.select(Message.seq).where(
            (Message.store == store) & (Message.epoch == epoch) & (Message.seq > upto)
        )
        here |= {row[0] for row in database.rows(query.order_by(Message.seq).limit(HOLD_MAX))}
    while upto + 1 in here:
        upto += 1
    return upto, sorted(seq for seq in here if seq > upto)


def _project(
    database: HqDatabase,
    stream: tuple[str, str],
    fresh: Mapping[int, Received],
    *,
    replaced: Sequence[int],
    new: range,
    at_ms: int,
) -> None:
    """Write the sales and refunds of the messages that have come into order, oldest first."""
    store, epoch = stream
    missing = [seq for seq in new if seq not in fresh]
    kept: dict[int, tuple[str, str]] = {}
    if missing:
        query = Message.select(Message.seq, Message.kind, Message.body).where(
            (Message.store == store) & (Message.epoch == epoch) & Message.kind.in_(PROJECTED) & ~Message.set_aside
        )
        found = database.rows(query.where(Message.seq.between(missing[0], missing[-1])))
        kept = {seq: (kind, body) for seq, kind, body in found}
    sales: list[tuple[int, SaleBody | str]] = []
    refunds: list[tuple[int, ReturnBody | str]] = []
    for seq in [*sorted(replaced), *new]:
        message = fresh.get(seq)
        if message is not None and message.sale is not None:
            sales.append((seq, message.sale))
        elif message is not None and message.refund is not None:
            refunds.append((seq, message.refund))
        elif message is None and seq in kept:
            kind, body = kept[seq]
            if kind == "sale":
                sales.append((seq, body))
            else:
                refunds.append((seq, body))
    if sales:
        project(database, store, epoch, sales, at_ms)
    if refunds:
        project_refunds(database, store, epoch, refunds, at_ms)


def _nacks(database: HqDatabase, store: str, epoch: str, first: int) -> list[Nack]:
    """Return the refusals from a sequence on, one more than fit in an ack at most.

    They are told again with every ack that may cover them, since the ack that told them first may have been lost.
    """
    query = Message.select(Message.seq, Message.body).where(
        (Message.store == store) & (Message.epoch == epoch) & Message.set_aside & (Message.seq >= first)
    )
    return [Nack(seq, reason) for seq, reason in database.rows(query.order_by(Message.seq).limit(NACK_MAX + 1))]


def _set_aside(database: HqDatabase, messages: Sequence[Received], at_ms: int) -> None:
    for message in messages:
        head = LONG_NUMBER.sub(b"#", message.payload[: 4 * HEAD_MAX_BYTES])[:HEAD_MAX_BYTES]
        insert = SetAside.insert(
            store=message.store,
            epoch=message.epoch,
            seq=message.seq,
            topic=message.topic[:200],
            reason=str(message.reason),
            detail=message.detail,
            hash=body_hash(message.payload),
            size=len(message.payload),
            head=head,
            received_ms=at_ms,
        )
        # The same bytes again are the same message, and only its moment is new.
        database.run(
            insert.on_conflict(
                conflict_target=[SetAside.store, SetAside.hash], update={SetAside.received_ms: EXCLUDED.received_ms}
            )
        )
    for store in {message.store for message in messages}:
        newest = SetAside.select(SetAside.id).where(SetAside.store == store).order_by(SetAside.id.desc())
        oldest_kept = database.rows(newest.limit(1).offset(SET_ASIDE_KEEP_MAX - 1))
        if oldest_kept:
            database.run(SetAside.delete().where((SetAside.store == store) & (SetAside.id < oldest_kept[0][0])))
