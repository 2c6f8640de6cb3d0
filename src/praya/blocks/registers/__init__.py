"""Registers that the law makes public: what is entered, amended and struck off."""
