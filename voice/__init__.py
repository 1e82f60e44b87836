"""The voice channel: speech engines and the call session, which knows of transports nothing but its ports."""
