"""`python -m minibert` is the command `minibert`."""

from minibert.serving.command import main

main()
