"""The sections of a stage file: every value that a person may change, typed, with its own rules.

The descriptions are the manual. Rules between sections are in `consistency`.
"""
