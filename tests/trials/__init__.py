"""Blind trials: defects written by people who had not seen the suite, and how many of them it catches."""
