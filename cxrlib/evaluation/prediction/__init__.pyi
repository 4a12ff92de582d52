from .answers import DISCLAIMER as DISCLAIMER, Answer as Answer
from .outputs import (
    summary as summary,
    to_text as to_text,
    write_csv as write_csv,
    write_json as write_json,
    write_picture as write_picture,
)
from .predictor import Predictor as Predictor, load_predictor as load_predictor
