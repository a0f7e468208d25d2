"""Text to wordpiece ids, in graph and in Python. Needs only `errors` and `files` of the package."""
