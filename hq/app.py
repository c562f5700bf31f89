"""Head office wired together: database, link, receiver and wall, stopped in reverse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.mqtt_link import MqttLink, Will
from edge.messages import MESSAGE_MAX_BYTES, hq_state_topic
from hq.clock import Clock
from hq.config import BrokerConfig, Config, database_url, secret
from hq.receiver import BATCH_MAX, Receiver, callbacks, hq_state
from hq.store.database import open_database
from hq.web.app import create_app
from hq.web.server import WallServer

SESSION_S: Final = 7 * 24 * 3_600
"""So long the broker keeps messages for a receiver that is away."""
PACKET_MAX_BYTES: Final = 2 * MESSAGE_MAX_BYTES
"""A message that is somewhat too large arrives and is refused by name; the broker withholds a larger one in silence."""
IN_FLIGHT_MAX: Final = 2 * BATCH_MAX
"""Messages that the broker sends us ahead of our acknowledgement: a batch being written and the next one."""
RECONNECT_MAX_S: Final = 10.0


class Office:
    """One receiver with its wall."""

    def __init__(self, config: Config, *, folder: Path) -> None:
        """Open the database and make everything, without starting it. Raises ConfigError, ValueError, DatabaseDown.

        Args:
            folder: that of the configuration, to which its paths are relative.
        """
        clock = Clock(timezone=config.office.timezone, day_starts_hour=config.office.day_starts_hour)
        self._database = open_database(database_url(config.database, folder))
        self._link = make_link(
            config.broker, config.office.tenant, config.office.receiver, folder, lambda: self.receiver
        )
        self.receiver = Receiver(tenant=config.office.tenant, database=self._database, link=self._link, clock=clock)
        app = create_app(database=self._database, config=config.wall, clock=clock, is_receiving=lambda: self._link.up)
        self.host = config.wall.host
        self._wall = WallServer(app, host=config.wall.host, port=config.wall.port)

    @property
    def port(self) -> int:
        return self._wall.port

    def start(self) -> None:
        """Serve and receive. Raises OSError when the wall's address cannot be had."""
        self._wall.start()
        self.receiver.start()

    def stop(self) -> None:
        self.receiver.stop()
        self._wall.stop()
        self._database.close()


def make_link(
    broker: BrokerConfig, tenant: str, receiver_name: str, folder: Path, receiver: Callable[[], Receiver]
) -> MqttLink:
    """Return the link of a receiver, whose session the broker keeps under the receiver's name. Raises ConfigError."""

    def file(name: str) -> Path | None:
        return folder / name if name else None

    return MqttLink(
        f"taptill-{tenant}-{receiver_name}",
        broker.host,
        broker.port,
        callbacks=callbacks(receiver),
        username=broker.username or None,
        password=secret(broker.password_file, folder),
        tls_ca=file(broker.tls_ca),
        tls_cert=file(broker.tls_cert),
        tls_key=file(broker.tls_key),
        will=Will(hq_state_topic(tenant), hq_state(online=False)),
        keepalive_s=broker.keepalive_s,
        clean_start=False,
        session_expiry_s=SESSION_S,
        max_packet=PACKET_MAX_BYTES,
        window=IN_FLIGHT_MAX,
        manual_ack=True,
        reconnect_max_s=RECONNECT_MAX_S,
    )
