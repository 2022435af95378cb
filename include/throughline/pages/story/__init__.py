"""What a case's page tells beside its record: how late something came, and what was taken back and proven anew."""
