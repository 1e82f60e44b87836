"""The only public door: chat sockets, pages, uploads, health and metrics; it owns every conversation."""
