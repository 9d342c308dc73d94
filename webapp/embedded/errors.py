"""What stops `manage.py up`: a sentence that says what to do."""


class StartError(Exception):
    """Something that the person at the terminal can put right; its text says how."""
