"""Anthropic's Messages API: another notation of a chat.

The engine has it too, and it is not passed through: there it writes nothing while it works through
a prompt, so that neither a client that leaves nor an engine that is stuck would be noticed
(measured: a slot held for 17 s after its client had left); `tool_choice` by name or "none" does
nothing; and a stop sequence is reported as the end of the turn.
"""
