"""What a message must be like, and what the world must be like."""

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo

from bot.events import NEVER_ANSWERED_TYPES, MessageType
from bot.rules.schema.part import Part
from bot.rules.values import (
    Duration,
    Flag,
    Pair,
    Text,
    Texts,
    as_list,
    choice,
    one_of,
    read_text,
)

TYPES = tuple(kind.value for kind in MessageType if kind not in NEVER_ANSWERED_TYPES)


def _read_gateway(value: object, info: ValidationInfo) -> str:
    """Return a gateway's name; which there are is for the caller of `read` to say."""
    known: tuple[str, ...] = (info.context or {}).get("gateways", ())
    return one_of(value, known) if known else read_text(value)


GatewayName = Annotated[str, BeforeValidator(_read_gateway)]
TypeName = Annotated[str, choice(*TYPES, named="a message type such as text or image")]
Types = Annotated[tuple[TypeName, ...], BeforeValidator(as_list)]
Gateways = Annotated[tuple[GatewayName, ...], BeforeValidator(as_list)]


def filled_list(value: object) -> object:
    """Read one map or a list of maps, none of them empty."""
    listed = as_list(value)
    for part in listed if isinstance(listed, list) else ():
        if part in ({}, ""):
            raise ValueError("is empty: write at least one key")
    return listed


class Match(Part):
    """What a message must be like. A list means *or*, several keys mean *and*."""

    words: Texts = ()
    """One of these words or phrases, as whole words: `[harga, "daftar harga"]`. "harganya" counts
    as "harga"."""
    exact: Texts = ()
    """The whole message is one of these, and nothing besides: `[stop, berhenti]`."""
    starts: Texts = ()
    """The message begins with one of these words or phrases: `[order]`."""
    contains: Texts = ()
    """One of these runs of letters, even inside a word: `ongkir` is in "gratisongkir"."""
    fuzzy: Texts = ()
    """One of these words or phrases, even with typing mistakes: a letter too many, missing, wrong
    or swapped with the next one. One in words of four letters or more, two in words of eight or
    more, none in the first letter, in shorter words and in numbers. A word that is one by itself
    ("harta" is not "harga"), or that another rule knows, is no typing mistake."""
    pattern: Texts = ()
    """The whole message has this form: `order <produk> <jumlah>`. What stands at `<…>` is
    captured, as it was typed. A name of a step of the flow that the rule starts has the step's
    type, and is not asked again; any other is a text, or has a type as in `<jumlah:int>`: `int`,
    `number`, `text`, `phone`, `email`, `date`, `table.NAME`. Words of politeness before and after
    do not count."""
    regex: Texts = ()
    """A regular expression (RE2) somewhere in the message as it was typed, capitals or not. A
    named group `(?P<nomor>…)` is captured."""
    button: Texts = ()
    """The id of the button or row that was pressed, in any capitals: `btn_cs`."""
    type_: Types = Field(default=(), alias="type")
    """What the message holds: `text`, `image`, `document` …"""
    call: Text | None = None
    """The name of a matcher of your own Python module."""
    any_: "Matches" = Field(default=(), alias="any")
    """One of these other matches; for an *or* beside other keys."""
    all_: "Matches" = Field(default=(), alias="all")
    """All of these other matches: `[{words: [kapan]}, {words: [tutup]}]`."""
    not_: "Matches" = Field(default=(), alias="not")
    """None of these other matches: `{words: [biaya]}`."""


class Condition(Part):
    """What the world must be like. A list means *or*, several keys mean *and*."""

    open: Texts = ()
    """One of these opening hours is open now: `toko`."""
    closed: Texts = ()
    """One of these opening hours is closed now."""
    first: Flag | None = None
    """Whether this contact has never written before."""
    silent_for: Duration | None = None
    """Nothing came from this contact for that long, or ever: `14d`."""
    gateway: Gateways = ()
    """The gateway at which it came in."""
    device: Texts = ()
    """The device at which it came in."""
    tag: Texts = ()
    """The contact has one of these tags, which a rule gave with `tag`."""
    eq: Pair | None = None
    """`[name, value]`: the name has this value, as in `[form.setuju, ya]`."""
    gt: Pair | None = None
    """`[name, number]`: the name has a greater value, as in `[form.jumlah, 10]`."""
    lt: Pair | None = None
    """`[name, number]`: the name has a smaller value."""
    call: Text | None = None
    """The name of a condition of your own Python module."""
    any_: "Conditions" = Field(default=(), alias="any")
    """One of these other conditions; for an *or* beside other keys."""
    all_: "Conditions" = Field(default=(), alias="all")
    """All of these other conditions."""
    not_: "Conditions" = Field(default=(), alias="not")
    """None of these other conditions: `{tag: pelanggan}`."""


Matches = Annotated[tuple[Match, ...], BeforeValidator(filled_list)]
Conditions = Annotated[tuple[Condition, ...], BeforeValidator(filled_list)]
