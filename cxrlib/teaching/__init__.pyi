from . import chapter as chapter, exercises as exercises, labs as labs
from .chapter import say as say, start as start
from .claims import (
    ClaimFailed as ClaimFailed,
    claim as claim,
    claims_table as claims_table,
    list_claims as list_claims,
)
from .quizzes import list_quizzes as list_quizzes, quiz as quiz
from .test_set import open_test_set as open_test_set
