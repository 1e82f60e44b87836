"""What the pages of the door work with."""

from dataclasses import dataclass

from fastapi import Request

from gateway.staff.door import Door
from gateway.staff.settings import StaffSettings
from gateway.staff.single_sign_on import SingleSignOn


@dataclass(frozen=True, slots=True)
class Entrance:
    """The door with its settings; `secure`: cookies only over https."""

    door: Door
    settings: StaffSettings
    single_sign_on: SingleSignOn | None
    secure: bool

    async def close(self) -> None:
        """Let threads and connections go."""
        self.door.close()
        if self.single_sign_on is not None:
            await self.single_sign_on.close()


def entrance_of(request: Request) -> Entrance:
    """The application's entrance."""
    entrance: Entrance = request.app.state.entrance
    return entrance
