"""One module for each command of the command line; `app/cli.py` says which arguments they take."""
