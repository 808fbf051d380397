"""Puts a model into a stage's bucket and says what the stage file then needs.

Above both programs, because it needs both: the service knows what a model's file holds, infra knows
stages and the sizes of tasks. Neither imports the other for it, and neither imports this.
"""
