"""Who lives in a development copy. Passwords and PINs are printed by ``bin/run`` and good for nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD, SUPPORT, TREASURY

PASSWORD = "gentle-otter-paints-7"
PIN = "739154"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A customer; ``adds_minor`` is what they add by card, in euro cents."""

    handle: str
    name: str
    about: str
    phone: str = ""
    language: str = "en"
    adds_minor: int = 0
    has_pin: bool = True

    @property
    def email(self) -> str:
        """``handle@example.com``"""
        return f"{self.handle}@example.com"


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A member of staff and their role."""

    handle: str
    role: str

    @property
    def email(self) -> str:
        """``handle@example.com``"""
        return f"{self.handle}@example.com"


PEOPLE = (
    DemoPerson("alice", "Alice Lindqvist", "verified", phone="+4915112345601", adds_minor=30_000),
    DemoPerson("bob", "Bob Tanaka", "receives", adds_minor=5_000),
    DemoPerson("carol", "Carol Mendes", "a merchant", adds_minor=2_500),
    DemoPerson("mei", "王美", "reads Chinese", language="zh-hans", adds_minor=8_000),
    DemoPerson("mallory", "Mallory Vex", "a stranger who tries everything", has_pin=False),
)
STAFF = (
    DemoStaff("dave", SUPPORT),
    DemoStaff("erin", COMPLIANCE),
    DemoStaff("frank", COMPLIANCE_LEAD),
    DemoStaff("grace", TREASURY),
)
