"""The faces: portal for residents, desk for officers, open data, API. They show and ask; the journey decides."""
