"""A look at a new connection before its first night: what would be read, set aside, unmapped or thin.

Files of the source are landed, staged and judged as a night would do it, in an empty warehouse of their
own. What is told holds no value of a patient: names of fields, counts, years, and values of coded fields
as far as `shown` lets them pass.
"""
