"""The second factor of staff: time-based one-time passwords (RFC 6238), and codes for when the device is lost."""

import hmac
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crm import normalise
from crm.audit_trail import note
from crm.errors import NotEligible
from crm.schema import StaffAccount, StaffRecoveryCode
from crm.services import staff, staff_throttle

STEP_S = 30
DIGITS = 6
_DRIFT = 1  # steps a device's clock may be early or late
RECOVERY_CODES = 10
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_RECOVERY_LETTERS = 10  # 50 bits, with the attempts counted
_AREA = "staff_accounts"


def begin(session: Session, account_id: int) -> str:
    """A new secret, in base 32, that counts once `confirm` has seen a password made with it. Raises `NotFound`."""
    row = staff.row_of(session, account_id, lock=True)
    row.totp_pending = pyotp.random_base32()
    session.flush()
    return row.totp_pending


def pending(session: Session, account_id: int) -> str | None:
    """The secret that waits for `confirm`. Raises `NotFound`."""
    return staff.row_of(session, account_id).totp_pending


def address(secret: str, username: str, issuer: str) -> str:
    """What an authenticator app reads from the QR code: an `otpauth://` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def confirm(session: Session, account_id: int, code: str, *, now: datetime) -> list[str] | None:
    """Ask for the second factor from now on; the recovery codes, which are never shown again.

    None when `code` was not made with the new secret.

    Raises:
        NotFound: no such account.
        NotEligible: no secret waits.
    """
    row = staff.row_of(session, account_id, lock=True)
    if row.totp_pending is None:
        raise NotEligible("No second factor waits to be confirmed; begin anew.")
    step = _step(row.totp_pending, code, None, now)
    if step is None:
        return None
    row.totp_secret, row.totp_pending, row.totp_last_step = row.totp_pending, None, step
    codes = _new_codes(session, row)
    note(session, "change", _AREA, (f"account={account_id}", "second_factor_on"))
    return codes


def renew_codes(session: Session, account_id: int) -> list[str]:
    """Other recovery codes in place of those there were. Raises `NotFound`, `NotEligible`: there is none."""
    row = staff.row_of(session, account_id, lock=True)
    if row.totp_secret is None:
        raise NotEligible("This account has no second factor.")
    note(session, "change", _AREA, (f"account={account_id}", "recovery_codes"))
    return _new_codes(session, row)


def remove(session: Session, account_id: int) -> None:
    """Ask for no second factor any more, such as when device and codes are lost. Raises `NotFound`."""
    row = staff.row_of(session, account_id, lock=True)
    had = row.totp_secret is not None
    row.totp_secret = row.totp_pending = row.totp_last_step = None
    session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.account_id == account_id))
    session.flush()
    if had:
        note(session, "change", _AREA, (f"account={account_id}", "second_factor_off"))


def check(session: Session, account_id: int, code: str, *, now: datetime) -> bool:
    """Whether `code` is the present one-time password or an unused recovery code. Each is taken once.

    Attempts are counted: commit whatever the answer. Raises `NotFound`.
    """
    row = staff.row_of(session, account_id, lock=True)
    subject = staff_throttle.of_second_factor(account_id)
    if row.disabled_at is not None or row.totp_secret is None:
        return False
    if staff_throttle.count_attempt(session, subject, now=now) is not None:
        return False
    step = _step(row.totp_secret, code, row.totp_last_step, now)
    if step is not None:
        row.totp_last_step = step
    elif _use_recovery_code(session, account_id, code, now):
        note(session, "recovery_code_used", _AREA, (f"account={account_id}",))
    else:
        note(session, "second_factor_failed", _AREA, (f"account={account_id}",))
        return False
    staff_throttle.forgive(session, subject, now=now)
    session.flush()
    return True


def codes_left(session: Session, account_id: int) -> int:
    """How many recovery codes were not used."""
    unused = (StaffRecoveryCode.account_id == account_id, StaffRecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(StaffRecoveryCode).where(*unused)) or 0


def _step(secret: str, code: str, last: int | None, now: datetime) -> int | None:
    """The 30-second step `code` belongs to, if it is near now and after the last one that was taken."""
    digits = "".join(character for character in normalise.plain(code) if not character.isspace())
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    found = None
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        fits = hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
        if fits and (last is None or step > last):
            found = step
    return found


def _new_codes(session: Session, row: StaffAccount) -> list[str]:
    session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.account_id == row.id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES)]
    session.add_all(StaffRecoveryCode(account_id=row.id, code_index=_bound(row.id, code)) for code in codes)
    session.flush()
    half = _RECOVERY_LETTERS // 2
    return [f"{code[:half]}-{code[half:]}" for code in codes]


def _use_recovery_code(session: Session, account_id: int, code: str, now: datetime) -> bool:
    letters = "".join(character for character in normalise.plain(code) if character.isalnum())
    query = select(StaffRecoveryCode).where(
        StaffRecoveryCode.account_id == account_id,
        StaffRecoveryCode.code_index == _bound(account_id, letters),
        StaffRecoveryCode.used_at.is_(None),
    )
    row = session.scalars(query).first()
    if row is None:
        return False
    row.used_at = now
    session.flush()
    return True


def _bound(account_id: int, letters: str) -> str:
    """What the keyed hash is made of: the same code has another hash in every account."""
    return f"{account_id} {letters}"
