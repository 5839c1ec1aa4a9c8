"""`python -m schedkit`."""

from schedkit.cli import main

if __name__ == "__main__":
    main()
