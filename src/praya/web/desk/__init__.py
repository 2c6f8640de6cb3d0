"""The officers' face: queue, case, decisions, referrals, bookings of a day. Nothing of another department."""
