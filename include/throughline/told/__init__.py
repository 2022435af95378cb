"""What a night tells: its numbers, in words, as a summary and as a page."""

from throughline.told.page import write_page

__all__ = ["write_page"]
