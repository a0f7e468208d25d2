"""The one exception that a user is meant to read."""


class InputError(Exception):
    """A mistake in what the user gave us: a flag, a file, a directory.

    The message is one line that names the place (file and line where there is one), what is
    wrong, and what to do about it. Jobs print it and exit with code 1; nothing else in the
    package turns it into anything softer.
    """
