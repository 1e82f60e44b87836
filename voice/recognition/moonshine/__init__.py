"""Moonshine's small English network, whose words are weighed by how likely callers of an insurer say them.

Source: Jeffries et al., Moonshine: Speech Recognition for Live Transcription and Voice Commands (2024).
"""
