"""The commands of `creativity`, a file or folder a command: its options and what it does. `cli` lists them.

What takes time to import is imported when a command runs: `creativity --help` waits for none of it.
"""
