"""Attacks on the real command: malformed files and entries, damage, signals, full disks, misuse. `make attack`.

By hand, not in continuous integration: about ten minutes on two idle cores. Each group tries many inputs, and each
command is judged alike: no traceback, no hang, an exit code that is one of ours, memory within a bound, and no silent
change: the numbers of untouched data sets stay what they were, and a damaged thing is named, rejected with a row, or
made again equal. test_attack.py runs a few of each in seconds.
"""
