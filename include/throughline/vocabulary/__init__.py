"""The vocabulary: the words that definitions may use, what they mean, and checks that they use no others."""

from throughline.vocabulary.codes import MEANINGS
from throughline.vocabulary.documents import DefinitionError, Document, Place, read
from throughline.vocabulary.lists import DEFINITIONS, Vocabulary, nearest, vocabulary
from throughline.vocabulary.schemas import check, check_files, load
from throughline.vocabulary.word_list import WordList
from throughline.vocabulary.words import LISTS

__all__ = [
    "DEFINITIONS",
    "LISTS",
    "MEANINGS",
    "DefinitionError",
    "Document",
    "Place",
    "Vocabulary",
    "WordList",
    "check",
    "check_files",
    "load",
    "nearest",
    "read",
    "vocabulary",
]
