"""Stories: the reports of one event, joined as they come, in and across Arabic, English and Russian.

facts, features -> signature -> window (what is near) -> scoring (how likely) -> groups (which story) -> step (the log)
"""
