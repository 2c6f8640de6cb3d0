"""The officers' desk: queue, case, decisions, referrals, bookings of a day. It shows nothing of other departments."""
