"""The demo shop's people: sixty members who buy in different ways, and the staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from edge.ids import ALPHABET
from rules.loyalty import Birthday

MEMBERS: Final = 60
BLOCKED_NUMBER: Final = 41
"""Place of the member whose card was reported lost, counted from 0."""
JOINED_DAYS_MAX: Final = 900
"""Longest membership, in days."""
NEW_DAYS_MAX: Final = 20
"""Newest members joined at most so many days ago."""

_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_GIVEN = (
    "芳", "伟", "秀英", "敏", "静", "丽华", "强", "磊", "洋", "艳", "勇", "杰", "娟", "涛", "明轩", "超", "秀兰", "霞",
    "浩然", "子涵", "梓萱", "雨桐", "欣怡", "思远", "嘉怡", "俊杰", "宇航", "诗涵", "佳琪", "建国", "志强", "国华",
    "晓燕", "丹丹", "文博", "一诺", "若曦", "海燕", "桂英", "春梅",
)  # fmt: skip
_MOBILE = ("133", "135", "136", "138", "139", "150", "151", "158", "159", "177", "181", "186", "187", "188")


class Habit(StrEnum):
    """How often a member comes, so that the shop's analysis has something to find."""

    TRADE = "trade"
    """Keeps a snack bar round the corner and buys for it."""
    DAILY = "daily"
    WEEKLY = "weekly"
    NOW_AND_THEN = "now_and_then"
    NEW = "new"
    LEFT = "left"
    """Came every week and stopped coming a month ago."""
    RARE = "rare"


HABITS: Final = (
    *[Habit.TRADE] * 2,
    *[Habit.DAILY] * 7,
    *[Habit.WEEKLY] * 17,
    *[Habit.NOW_AND_THEN] * 13,
    *[Habit.NEW] * 8,
    *[Habit.LEFT] * 8,
    *[Habit.RARE] * 5,
)
assert len(HABITS) == MEMBERS


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A made-up member."""

    member_id: str
    code: str
    name: str
    phone: str
    card_uid: str
    birthday: Birthday
    joined: date
    habit: Habit
    is_card_blocked: bool = False


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A made-up member of staff; the PIN stands in the demo's greeting."""

    staff_id: str
    name: str
    role: str
    pin: str
    badge_uid: str


STAFF: Final = (
    DemoStaff("m1", "王店长", "manager", "8888", "04a1b2c3d4e501"),
    DemoStaff("c1", "小李", "cashier", "1111", "04a1b2c3d4e502"),
    DemoStaff("c2", "小陈", "cashier", "2222", "04a1b2c3d4e503"),
    DemoStaff("c3", "阿芳", "cashier", "3333", "04a1b2c3d4e504"),
)


def make_members(random: Random, *, today: date) -> tuple[DemoMember, ...]:
    """Return the members, always the same ones for a seed but for dates, which count back from today.

    The first one has a birthday today; one card is blocked; every fifth birthday is kept by the Chinese calendar.
    """
    names = random.sample([family + given for family in _FAMILY for given in _GIVEN], MEMBERS)
    numbers = random.sample(range(10**8), MEMBERS)
    members = []
    for number, habit in enumerate(HABITS):
        birthday = Birthday(
            month=random.randint(1, 12),
            day=random.randint(1, 28),
            lunar=number % 5 == 3,
            year=random.randint(1955, 2006),
        )
        if number == 0:
            birthday = Birthday(month=today.month, day=today.day, year=1992)
        longest = NEW_DAYS_MAX if habit is Habit.NEW else JOINED_DAYS_MAX
        members.append(
            DemoMember(
                member_id="".join(random.choices(ALPHABET, k=16)),
                code=f"M{88_000_001 + number}",
                name=names[number],
                phone=f"{random.choice(_MOBILE)}{numbers[number]:08d}",
                card_uid=f"04{random.getrandbits(48):012x}",
                birthday=birthday,
                joined=today - timedelta(days=random.randint(2 if habit is Habit.NEW else 70, longest)),
                habit=habit,
                is_card_blocked=number == BLOCKED_NUMBER,
            )
        )
    return tuple(members)
