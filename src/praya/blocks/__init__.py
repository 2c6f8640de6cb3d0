"""The deep blocks. None knows another: only the journey sees two."""
