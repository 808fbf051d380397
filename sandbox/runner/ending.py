"""How long the runner may take to end: what it gives to each step, and what others give to it."""

ANSWER_SECONDS = 60.0
"""AWS is on this machine: that it is gone is heard at once, and a slow one does answer."""
LAST_ANSWER_SECONDS = 5.0
"""For the last report, which `make down` waits for."""
STOP_SECONDS = 30.0
"""What `make down` leaves running streams; a rollout gives them the whole deregistration delay."""
KILL_SECONDS = 5.0
"""For the tasks that did not end by themselves."""
WHOLE_SECONDS = ANSWER_SECONDS + STOP_SECONDS + KILL_SECONDS + LAST_ANSWER_SECONDS + 10
"""From SIGTERM on, with a report that may be under way then, and room for all that is quick."""
