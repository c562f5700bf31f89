"""What a gateway of payment codes needs of the configuration, by its kind."""

from __future__ import annotations

from edge.config import Config, GatewayConfig
from edge.config_walk import Walk

NEEDED = {
    "wechat": ("app_id", "merchant_id", "key_file", "cert_file", "cert_key_file"),
    "alipay": ("app_id", "key_file", "public_key_file"),
    "simulator": (),
}
FILES = ("key_file", "public_key_file", "cert_file", "cert_key_file", "token_file", "ca_file")
SECRETS = ("key_file", "cert_key_file", "token_file")


def check_gateways(config: Config, walk: Walk) -> None:
    """Add to the walk what a gateway lacks. None stands wherever a value could not be read."""
    for number, gateway in enumerate(config.gateway or (), 1):
        if gateway is None or gateway.kind is None:
            continue
        for name in NEEDED[gateway.kind]:
            if getattr(gateway, name) == "":
                walk.add(f"gateway[{number}].{name}", "nothing", f"what {gateway.kind} gave you for it")
        if gateway.kind != "simulator" and config.store is not None and config.store.currency not in ("CNY", None):
            walk.add(f"gateway[{number}].kind", f"{gateway.kind} in a shop that counts {config.store.currency}", "CNY")


def files_of(gateway: GatewayConfig) -> dict[str, str]:
    """Return the files that a gateway's section names, by key."""
    return {name: value for name in FILES if (value := getattr(gateway, name))}
