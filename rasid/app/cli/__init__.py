"""The commands, a file a group; main.py joins them."""
