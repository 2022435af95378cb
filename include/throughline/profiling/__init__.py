"""Profiles a new connection before its first night: what would be read, set aside, unmapped or sparse.

The source's files are landed, staged and gated as on a night, in an empty warehouse of their own. The
profile shows no patient data: only field names, counts, years, and those values of coded fields that
`shown` allows.
"""
