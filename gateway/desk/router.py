"""All routes of the desk's own pages."""

from fastapi import APIRouter

from gateway.desk import routes_conversation, routes_events, routes_handoff, routes_queue

router = APIRouter()
for part in (routes_queue, routes_events, routes_conversation, routes_handoff):
    router.include_router(part.router)
