"""What the pages of the door work with."""

from dataclasses import dataclass, field

from fastapi import Request

from gateway.limits import Limiter
from gateway.staff.door import Door
from gateway.staff.settings import StaffSettings
from gateway.staff.single_sign_on import SingleSignOn


@dataclass(frozen=True, slots=True)
class Entrance:
    """The door with its settings.

    Attributes:
        secure: cookies only over https.
        pace: how fast one address may try to log in. Each attempt costs the work of a password's hash, also a paused
            one, and whoever sends thousands would keep everybody else out.
    """

    door: Door
    settings: StaffSettings
    single_sign_on: SingleSignOn | None
    secure: bool
    pace: Limiter = field(default_factory=lambda: Limiter(rate=2.0, burst=60.0))

    async def close(self) -> None:
        """Let threads and connections go."""
        self.door.close()
        if self.single_sign_on is not None:
            await self.single_sign_on.close()


def entrance_of(request: Request) -> Entrance:
    """The application's entrance."""
    entrance: Entrance = request.app.state.entrance
    return entrance
