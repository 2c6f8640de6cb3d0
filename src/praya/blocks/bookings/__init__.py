"""Bookings: pools of places, holds that expire, and the single statement that takes places."""
