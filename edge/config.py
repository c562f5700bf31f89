"""The store's one configuration file: every key with its type, bounds and meaning, declared once."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge.config_display import DisplayConfig, Language
from edge.config_roles import Limit, Name, RoleConfig

Port = Annotated[int, Meta(ge=1, le=65535)]
DeviceKind = Literal[
    "evdev_scanner",
    "evdev_cards",
    "serial_scanner",
    "pn532_cards",
    "pcsc_cards",
    "escpos_printer",
    "serial_scale",
    "pole_display",
    "tspl_printer",
    "fake_scanner",
    "fake_cards",
    "fake_evdev_scanner",
    "fake_evdev_cards",
    "fake_serial_scanner",
    "fake_pn532_cards",
    "fake_pcsc_cards",
    "fake_printer",
    "fake_scale",
    "fake_pole_display",
    "fake_label_printer",
]


class StoreConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The store itself."""

    id: Annotated[Name, Meta(description="Short id of the store; it stands in receipt numbers and topics.")]
    tenant: Annotated[Name, Meta(description="Id of the company at head office.")] = "demo"
    name_zh_hans: Annotated[str, Meta(min_length=1, max_length=60, description="Name in 简体中文, as on the receipt.")]
    name_zh_hant: Annotated[str, Meta(max_length=60, description="Name in 繁體中文; empty: the 简体 one.")] = ""
    name_en: Annotated[str, Meta(max_length=60, description="Name in English; empty: the 简体 one.")] = ""
    address: Annotated[str, Meta(max_length=120, description="Address line of the receipt.")] = ""
    phone: Annotated[str, Meta(max_length=40, description="Telephone on the receipt.")] = ""
    logo: Annotated[
        str, Meta(max_length=200, description="PNG picture on top of the receipt, relative to this file; empty: none.")
    ] = ""
    tax_number: Annotated[str, Meta(max_length=20, description="Taxpayer's number of the seller, for invoices.")] = ""
    thanks: Annotated[str, Meta(max_length=200, description="Last line of the receipt.")] = ""
    receipt_notes: Annotated[bool, Meta(description="Print what was noted of a line on the receipt.")] = True
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code.")] = "CNY"
    timezone: Annotated[str, Meta(max_length=60, description="IANA time zone of the shop.")] = "Asia/Shanghai"
    language: Annotated[
        Literal["zh-Hans", "zh-Hant", "en"], Meta(description="Language of receipts and of a screen's first visit.")
    ] = "zh-Hans"
    day_starts_hour: Annotated[int, Meta(ge=0, le=12, description="Hour at which a new business date begins.")] = 0
    best_is_last: Annotated[
        bool,
        Meta(
            description="What is past the best-before day of its code (AI 15, 保质期) is stopped as expired, as the "
            "law asks in China; false: the cashier is told, and it is sold."
        ),
    ] = True
    data_dir: Annotated[
        str, Meta(min_length=1, max_length=200, description="Folder of the database; relative to this file.")
    ] = "data"
    denominations: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        Meta(max_length=20, description="Notes and coins in minor units, for the next-note buttons."),
    ] = (100, 500, 1_000, 2_000, 5_000, 10_000)
    cash_step: Annotated[
        int, Meta(ge=0, le=10_000, description="What is paid in cash is rounded to this, 10 for jiao, 100 for yuan.")
    ] = 0
    cash_rounds: Annotated[
        Literal["down", "half_up"], Meta(description="Rounded in the customer's favour, or to the nearest.")
    ] = "down"


class LaneConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One till."""

    number: Annotated[int, Meta(ge=1, le=99, description="Number of the lane; it stands in receipt numbers.")]
    name: Annotated[str, Meta(max_length=40, description="What the lane is called on its screen.")] = ""
    printer: Annotated[
        str, Meta(max_length=32, description="Name of the device that prints this lane's receipts; empty: none.")
    ] = ""
    display_language: Annotated[
        Language, Meta(description="Language in which the lane's customer display begins; empty: the store's.")
    ] = ""


class DeviceConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device at a lane."""

    name: Annotated[Name, Meta(description="Name of the device, as health and log call it.")]
    kind: Annotated[DeviceKind, Meta(description="Which driver reads or writes it.")]
    lane: Annotated[int, Meta(ge=1, le=99, description="The lane that it belongs to.")] = 1
    path: Annotated[
        str,
        Meta(
            max_length=200,
            description="Where it is: /dev/input/by-id/…, uniq:… or phys:… of an input device, /dev/serial/by-id/…, the"
            " name of a PC/SC reader, tcp://host:9100, file:///dev/usb/lp0.",
        ),
    ] = ""
    baud: Annotated[int, Meta(ge=300, le=921_600, description="Speed of a serial line.")] = 9_600
    layout: Annotated[str, Meta(max_length=10, description="Keyboard country of an evdev reader.")] = "us"
    prefix: Annotated[str, Meta(max_length=8, description="Text that the reader puts before each code.")] = ""
    suffix: Annotated[str, Meta(max_length=8, description="Text that the reader puts after each code.")] = ""
    idle_ms: Annotated[
        int, Meta(ge=0, le=2_000, description="End of a code where the reader sends no terminator; 0: never.")
    ] = 0
    terminators: Annotated[
        tuple[Literal["enter", "kpenter", "tab", "cr", "lf", "etx", "none"], ...],
        Meta(max_length=4, description="What ends a code: keys, or bytes of a serial line; empty: all of its own."),
    ] = ()
    text_encoding: Annotated[
        Literal["auto", "utf-8", "gb18030", "ascii"],
        Meta(description="Of a serial scanner's bytes; auto: UTF-8 where they are, else GB18030."),
    ] = "auto"
    alt_codes: Annotated[
        Literal["", "gbk", "unicode"],
        Meta(
            description="What a keyboard-type reader means by Alt and digits above 127; empty: such a code is refused."
        ),
    ] = ""
    gs_key: Annotated[
        Literal["ctrl", "f8"],
        Meta(
            description="How a keyboard-type reader sends the separator of GS1 codes: Ctrl+] (always read), or F8 too."
        ),
    ] = "ctrl"
    grab: Annotated[
        bool, Meta(description="Keep what a keyboard-type reader types from everybody else; off: people type on it.")
    ] = True
    debounce_ms: Annotated[
        int,
        Meta(ge=0, le=2_000, description="The same code again within so long is one reading twice; 0: two items."),
    ] = 0
    uid_form: Annotated[
        Literal["auto", "hex_msb", "hex_lsb", "dec_msb", "dec_lsb"],
        Meta(description="How a keyboard-type card reader writes the UID."),
    ] = "auto"
    columns: Annotated[Literal[32, 42, 48], Meta(description="Columns of the paper: 58 mm 32, 80 mm 48.")] = 48
    encoding: Annotated[
        Literal["auto", "gb18030", "gbk", "gb2312", "big5", "none"],
        Meta(
            description="What the printer's font understands; auto: what the printer says of it, else gb18030; none: "
            "it has no Chinese, which is then drawn."
        ),
    ] = "auto"
    font: Annotated[
        str,
        Meta(
            max_length=200,
            description="Font file for characters that the printer's own font lacks; empty: one found on the box.",
        ),
    ] = ""
    prints: Annotated[
        tuple[Literal["kitchen", "labels"], ...],
        Meta(max_length=2, description="What it prints beside the receipts of the lanes that name it."),
    ] = ()
    categories: Annotated[
        tuple[Annotated[str, Meta(max_length=40)], ...],
        Meta(max_length=50, description="Categories whose items go on its kitchen slips; empty: every item."),
    ] = ()
    label: Annotated[
        str, Meta(pattern=r"^\d{2,3}x\d{2,3}$", description="Size of a label printer's labels in mm, across and down.")
    ] = "40x30"
    gap_mm: Annotated[int, Meta(ge=0, le=20, description="Gap between two labels in mm.")] = 2
    dots_per_mm: Annotated[Literal[8, 12], Meta(description="Dots of a label printer: 8 at 203 dpi, 12 at 300.")] = 8
    language: Annotated[
        Literal["", "zh-Hans", "zh-Hant", "en"], Meta(description="Language of its receipts; empty: the store's.")
    ] = ""
    protocol: Annotated[
        Literal["", "toledo_8217", "cas", "dahua_acs", "aclas", "st_gs", "cd5220", "epson", "led8"],
        Meta(description="What a scale or a pole display speaks."),
    ] = ""
    max_weight_g: Annotated[
        int, Meta(ge=1, le=999_999, description="Most that a scale weighs, in grams; more is no weight.")
    ] = 30_000
    tares_g: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=20_000)], ...],
        Meta(max_length=6, description="Grams of the shop's bags and boxes, to be taken off with one press."),
    ] = ()
    pole_encoding: Annotated[
        Literal["ascii", "gbk", "big5"],
        Meta(description="What a pole display's font understands; ascii: names in English or pinyin."),
    ] = "ascii"
    idle_text: Annotated[
        str,
        Meta(
            max_length=60,
            description="What a pole display shows between customers, // between its lines; empty: the store's name.",
        ),
    ] = ""
    drawer_pin: Annotated[Literal[0, 2, 5], Meta(description="Pin of the cash drawer; 0: no drawer.")] = 2
    faults: Annotated[
        tuple[str, ...], Meta(max_length=20, description='Faults of a simulated device, such as "2:unplug".')
    ] = ()


class StaffConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules for staff."""

    pin_tries: Annotated[int, Meta(ge=1, le=20, description="Wrong PINs before a wait begins.")] = 5
    pin_wait_s: Annotated[
        int, Meta(ge=1, le=3_600, description="First wait; it doubles with each further wrong PIN.")
    ] = 30
    idle_lock_minutes: Annotated[
        int,
        Meta(ge=0, le=480, description="Lock a lane that nobody touches after so long; its basket stays. 0: never."),
    ] = 15


class ShiftConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shifts at the lanes."""

    required: Annotated[bool, Meta(description="Sell only while a shift is open at the lane.")] = False
    float_minor: Annotated[Limit, Meta(description="Float that a shift is offered to begin with, in minor units.")] = 0


class RulesConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices, promotions and points."""

    promotions: Annotated[
        str, Meta(max_length=200, description="File of promotions and tiers, relative to this file; empty: none.")
    ] = ""
    points_expire_months: Annotated[
        int, Meta(ge=0, le=120, description="Months after which points expire; 0: never.")
    ] = 12
    points_per_yuan_worth: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Points that are worth one unit of currency, as the panel says.")
    ] = 100


class PrivacyConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Members' personal data."""

    key_file: Annotated[
        str,
        Meta(
            max_length=200,
            description="File of the key that seals members' data; a bare name is looked up among systemd's "
            "credentials; empty: it stands in clear.",
        ),
    ] = ""
    page_url: Annotated[
        str,
        Meta(
            pattern=r"^(https://[^/\s?#]+)?$",
            max_length=200,
            description="Address at which customers' phones reach this store, such as https://taptill.lan; empty: no "
            "pages for customers.",
        ),
    ] = ""
    page_minutes: Annotated[
        int, Meta(ge=1, le=1_440, description="Minutes for which a code that is shown to a customer opens its page.")
    ] = 15
    receipt_days: Annotated[
        int, Meta(ge=0, le=90, description="Days for which the code on a member's receipt shows balances; 0: no code.")
    ] = 0
    e_receipt_days: Annotated[
        int,
        Meta(
            ge=0,
            le=730,
            description="Days for which the code on the customer display opens the receipt on a phone; 0: no code.",
        ),
    ] = 30


class ScaleCodeConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the labels of the shop's scales are read."""

    prefix: Annotated[str, Meta(pattern=r"^2\d{0,2}$", description="First digits of the label.")]
    format: Annotated[
        str,
        Meta(
            max_length=18,
            description="Picture: F flag, W item, E amount, N grams, C check digit, such as FFWWWWWEEEEEC.",
        ),
    ]


class BrokerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The MQTT broker to head office; without this section nothing is relayed and the outbox keeps everything."""

    host: Annotated[str, Meta(min_length=1, max_length=253, description="Host of the broker.")]
    port: Annotated[Port, Meta(description="Port of the broker.")] = 1883
    username: Annotated[str, Meta(max_length=60, description="User at the broker; empty: none.")] = ""
    password_file: Annotated[
        str,
        Meta(
            max_length=200,
            description="File that holds the password; a bare name is looked up among systemd's credentials.",
        ),
    ] = ""
    tls_ca: Annotated[str, Meta(max_length=200, description="File of the certificate authority; empty: no TLS.")] = ""
    tls_cert: Annotated[str, Meta(max_length=200, description="File of this store's certificate.")] = ""
    tls_key: Annotated[str, Meta(max_length=200, description="File of this store's key.")] = ""
    keepalive_s: Annotated[int, Meta(ge=5, le=600, description="Seconds between signs of life.")] = 30


class GatewayConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service that charges customers' payment codes; one of each kind at most."""

    kind: Annotated[
        Literal["wechat", "alipay", "simulator"],
        Meta(description="WeChat Pay, Alipay, or one that is simulated and takes every code without one of its own."),
    ]
    app_id: Annotated[str, Meta(max_length=32, description="App id at WeChat or Alipay.")] = ""
    merchant_id: Annotated[
        str, Meta(max_length=32, description="WeChat: merchant number (mch_id); of the partner, where one signs.")
    ] = ""
    sub_merchant_id: Annotated[
        str, Meta(max_length=32, description="WeChat: the shop's own number where a partner signs for it; empty: none.")
    ] = ""
    sub_app_id: Annotated[str, Meta(max_length=32, description="WeChat: the shop's own app id beside it.")] = ""
    key_file: Annotated[
        str, Meta(max_length=200, description="File of the secret: WeChat's API v2 key, the private key for Alipay.")
    ] = ""
    public_key_file: Annotated[
        str,
        Meta(max_length=200, description="Alipay: file of Alipay's own public key, which its answers are signed with."),
    ] = ""
    cert_file: Annotated[
        str, Meta(max_length=200, description="WeChat: file of the merchant's certificate (apiclient_cert.pem).")
    ] = ""
    cert_key_file: Annotated[str, Meta(max_length=200, description="WeChat: file of its key (apiclient_key.pem).")] = ""
    token_file: Annotated[
        str, Meta(max_length=200, description="Alipay: file of app_auth_token where a service provider signs.")
    ] = ""
    subject: Annotated[
        str, Meta(max_length=60, description="What customers read in their bill; empty: the store's name.")
    ] = ""
    server: Annotated[
        str,
        Meta(pattern=r"^(https://[^/\s?#]+)?$", max_length=200, description="Another server; empty: the official one."),
    ] = ""
    ca_file: Annotated[
        str, Meta(max_length=200, description="Certificate authority of that server; empty: the system's.")
    ] = ""


class CardsConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cards that prove themselves, and the codes on members' phones."""

    key_file: Annotated[
        str,
        Meta(
            max_length=200,
            description="File that holds the master key of the cards, 32 hex digits; a bare name is looked up among"
            " systemd's credentials; empty: cards only tell their number.",
        ),
    ] = ""


class ScreenConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The screens."""

    host: Annotated[
        str,
        Meta(min_length=1, max_length=253, description="Loopback address to listen on; the LAN comes through nginx."),
    ] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port to listen on.")] = 8480
    ppi: Annotated[int, Meta(ge=72, le=400, description="Pixels an inch of the touch screens: keys keep 20 mm.")] = 149
    threads: Annotated[int, Meta(ge=8, le=64, description="Web threads; each open screen holds one.")] = 24
    streams: Annotated[int, Meta(ge=1, le=48, description="Screens that may be open at once.")] = 12
    bench: Annotated[bool, Meta(description="Offer the device bench; only where devices are simulated.")] = False


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole configuration file."""

    store: StoreConfig
    lane: Annotated[tuple[LaneConfig, ...], Meta(max_length=99)] = (LaneConfig(number=1),)
    device: Annotated[tuple[DeviceConfig, ...], Meta(max_length=64)] = ()
    staff: StaffConfig = StaffConfig()
    role: Annotated[tuple[RoleConfig, ...], Meta(max_length=20)] = ()
    shift: ShiftConfig = ShiftConfig()
    rules: RulesConfig = RulesConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    scale_code: Annotated[tuple[ScaleCodeConfig, ...], Meta(max_length=100)] = ()
    broker: BrokerConfig | None = None
    gateway: Annotated[tuple[GatewayConfig, ...], Meta(max_length=3)] = ()
    cards: CardsConfig = CardsConfig()
    screen: ScreenConfig = ScreenConfig()
    display: DisplayConfig = DisplayConfig()
