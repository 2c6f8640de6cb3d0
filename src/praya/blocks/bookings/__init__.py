"""Bookings: pools of places, holds that expire, and the one statement in which a place is sold."""
