"""The line to head office put together: link, relay, outbox and health."""

from __future__ import annotations

import logging
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path

import msgspec

from drivers.mqtt_link import Callbacks, MqttLink, Will
from edge.clock import Clock
from edge.config import BrokerConfig
from edge.config_file import Loaded, find_secret, read_secret
from edge.health import Health, LinkState
from edge.ids import new_epoch
from edge.loop import Loop, TillBusyError
from edge.messages import Ack, StoreState, state_topic
from edge.relay import Relay
from edge.store import outbox
from edge.store.database import Store, StoreError

log = logging.getLogger(__name__)

CLIENT_PREFIX = "taptill-edge-"


def make_relay(
    loaded: Loaded,
    broker: BrokerConfig,
    *,
    store: Store,
    loop: Loop,
    health: Health,
    clock: Clock,
) -> Relay:
    """Return the relay of the store with its link, not started. Raises SecretError, OSError and LinkError."""
    tenant, store_id = loaded.config.store.tenant, loaded.config.store.id
    password = read_secret(broker.password_file, base_dir=loaded.base_dir) if broker.password_file else None
    boot, version = new_epoch(), installed_version("taptill")

    def acked(ack: Ack) -> None:
        try:
            loop.write(partial(outbox.apply_ack, store.db, ack))
        except (TillBusyError, StoreError) as error:
            # Head office keeps the first of each message, so what stays in the outbox is sent again without harm.
            log.warning("an acknowledgement waits for the store: %s", error)

    def state() -> StoreState:
        return StoreState(
            online=True,
            epoch=outbox.epoch(store.reads),
            waiting=outbox.waiting(store.reads),
            devices={device.name: device.state for device in health.strip().devices},
        )

    def file(name: str) -> Path | None:
        return find_secret(name, base_dir=loaded.base_dir) if name else None

    link = MqttLink(
        f"{CLIENT_PREFIX}{tenant}-{store_id}",
        broker.host,
        broker.port,
        # The link and the relay know each other; the lambdas wait until both are there.
        callbacks=Callbacks(
            on_up=lambda: relay.link_up(),  # noqa: PLW0108
            on_down=lambda reason: relay.link_down(reason),  # noqa: PLW0108
            on_message=lambda incoming: relay.link_message(incoming),  # noqa: PLW0108
            on_published=lambda mid, reason: relay.link_published(mid, reason),  # noqa: PLW0108
        ),
        username=broker.username or None,
        password=password,
        tls_ca=file(broker.tls_ca),
        tls_cert=file(broker.tls_cert),
        tls_key=file(broker.tls_key),
        will=Will(
            state_topic(tenant, store_id),
            msgspec.json.encode(StoreState(online=False, boot=boot, version=version)),
        ),
        keepalive_s=broker.keepalive_s,
    )
    relay = Relay(
        tenant=tenant,
        store_id=store_id,
        boot=boot,
        version=version,
        link=link,
        read=partial(outbox.unacked, store.reads),
        acked=acked,
        state=state,
        clock=clock,
    )
    return relay


def report(relay: Relay | None, store: Store, health: Health) -> None:
    """Tell health how the line is; called about once a second."""
    if relay is None:
        health.report_link(LinkState(waiting=outbox.waiting(store.reads)))
        return
    status = relay.status()
    health.report_link(
        LinkState(
            is_configured=True,
            is_online=status.online,
            is_hq_online=status.hq_online,
            waiting=outbox.waiting(store.reads),
            detail=status.detail,
        )
    )
