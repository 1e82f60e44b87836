"""Who may open which page and call which method.

Every route of the desk and of the API names what it needs, once, where it is defined:

    async def board(self, request: Request, member: Annotated[StaffMember, Depends(Guard.page(Permission.BOARD))])

The guard itself hangs on the application (`app.state.guard`), so that a route can be defined before there is a store.
"""

from collections.abc import Awaitable, Callable

from fastapi import Request

from crm.domain.staff import Permission, StaffMember

Check = Callable[[Request], Awaitable[StaffMember]]


class Guard:
    """Lets members of staff in, and nobody else."""

    @staticmethod
    def page(permission: Permission | None = None) -> Check:
        """A dependency for pages; without a permission everybody who is logged in may.

        Who is not logged in is sent to /desk/login (303, or HX-Redirect for htmx), who may not gets a page that says
        so (403). Requests that change something have to carry `member.csrf`, in the header X-CSRF-Token or in the
        hidden field `csrf`.
        """

        async def check(request: Request) -> StaffMember:
            return await guard_of(request).admit_to_page(request, permission)

        return check

    @staticmethod
    def api(permission: Permission | None = None) -> Check:
        """A dependency for the JSON API: a session's cookie, or a token (`Authorization: Bearer`).

        Refusals are problems in JSON (RFC 9457): 401, 403.
        """

        async def check(request: Request) -> StaffMember:
            return await guard_of(request).admit_to_api(request, permission)

        return check

    async def admit_to_page(self, request: Request, permission: Permission | None) -> StaffMember:
        """Who asks for a page. Raises `Refused`."""
        raise NotImplementedError

    async def admit_to_api(self, request: Request, permission: Permission | None) -> StaffMember:
        """Who calls the API. Raises `Refused`."""
        raise NotImplementedError


def guard_of(request: Request) -> Guard:
    """The application's guard."""
    guard: Guard = request.app.state.guard
    return guard
