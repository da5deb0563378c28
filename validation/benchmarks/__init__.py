"""Speed and memory, measured on the machine at hand and set beside the goals: ``make bench``.

Separate from the tests because a figure that depends on the machine must not make a build fail, and not in the wheel.
"""
