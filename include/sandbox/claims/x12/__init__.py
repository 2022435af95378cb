"""X12 005010 as the sandbox speaks it: it reads 837P and 270, and writes 837P, 999, TA1, 277CA, 271, 835.

It works on plain dataclasses and does not depend on the world. It shares no code with the pipeline on purpose:
otherwise an error in reading a standard could cancel out the same error in writing it.
"""
