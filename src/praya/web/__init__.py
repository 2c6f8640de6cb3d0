"""The faces: portal for residents, desk for officers, signing in, preview, API. They ask and show.

What follows from an answer or a decision is the journey's.
"""
