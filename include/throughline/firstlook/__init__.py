"""A first look at a real system before its first night: is it reached, are we let in, what does it offer and lack.

Nothing is written, neither there nor here: a login, a few reads, and a small sample in a folder that is deleted. What
is found is said in words, each finding with what to write where. No patient data is in them.
"""
