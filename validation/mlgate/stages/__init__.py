"""The straight line: add_up -> compare -> judge -> decide. Each is a function in a file of its own."""
