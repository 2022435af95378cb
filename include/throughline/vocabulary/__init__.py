"""The vocabulary: the words that definitions may use, what they mean, and checks that they use no others."""

from throughline.vocabulary.codes import MEANINGS
from throughline.vocabulary.documents import DefinitionError, Document, Place, read, shown
from throughline.vocabulary.files import check_files
from throughline.vocabulary.lists import Vocabulary, nearest, vocabulary
from throughline.vocabulary.overlay import OURS, PARTS, WRITTEN_AGAINST, Layers, layers
from throughline.vocabulary.reasons import NOT_OPENED_REASON, WHAT_HELPS
from throughline.vocabulary.schemas import problems
from throughline.vocabulary.word_list import WordList
from throughline.vocabulary.words import LISTS

__all__ = [
    "LISTS",
    "MEANINGS",
    "NOT_OPENED_REASON",
    "OURS",
    "PARTS",
    "WHAT_HELPS",
    "WRITTEN_AGAINST",
    "DefinitionError",
    "Document",
    "Layers",
    "Place",
    "Vocabulary",
    "WordList",
    "check_files",
    "layers",
    "nearest",
    "problems",
    "read",
    "shown",
    "vocabulary",
]
