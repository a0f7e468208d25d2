"""Text to wordpiece ids, in graph. Depends on nothing else in the package but `errors`."""
