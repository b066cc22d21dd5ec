"""The second factor: time-based codes (RFC 6238) of an app; each opens once."""

import hmac
from datetime import datetime

import pyotp
import segno

PURPOSE = "totp seed"
ISSUER = "Gatehouse"
STEP_SECONDS = 30
TOLERATED_STEPS = (0, -1, 1)  # a phone's clock may be half a minute off


def new_seed() -> str:
    return pyotp.random_base32()


def address(seed: str, name: str) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=ISSUER)


def picture(seed: str, name: str) -> str:
    """``address`` as an SVG element: no script, no style, no other address."""
    code = segno.make(address(seed, name), micro=False)
    return code.svg_inline(scale=4, border=2, svgclass="code", lineclass=None, omitsize=True)


def step_of(seed: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The step that ``code`` is of; None if it fits none, or one not later than ``last_step``."""
    digits = "".join(code.split())
    if not digits.isascii() or not digits.isdigit():
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(seed)
    for shift in TOLERATED_STEPS:
        step = current + shift
        fits = hmac.compare_digest(totp.generate_otp(step), digits)
        if fits and (last_step is None or step > last_step):
            return step
    return None
