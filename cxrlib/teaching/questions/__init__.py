"""The quizzes' questions, one module a chapter, so that a chapter's code does not tell the answers.

Each module holds ``QUESTIONS``: a list of ``(question, [(answer, right, feedback), ...])``.
"""
