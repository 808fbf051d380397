"""What a person runs beside a deploy: before a first one, and to check our claims about AWS.

It reads settings and synthesised templates, asks AWS, and changes nothing there.
"""
