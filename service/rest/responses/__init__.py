"""OpenAI's Responses API: another notation of a chat. Nothing is kept from one to the next.

The engine has it too, and it is not passed through: there a format in `text` does nothing, an
answer that was cut off is called completed, and its events lack what OpenAI's clients require.
"""
