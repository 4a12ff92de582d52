from . import chapter as chapter, exercises as exercises, labs as labs
from .chapter import begin as begin, say as say
from .claims import (
    ClaimFailed as ClaimFailed,
    claim as claim,
    claims_table as claims_table,
    collected as collected,
)
from .quizzes import quiz as quiz
