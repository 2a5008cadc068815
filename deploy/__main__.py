"""`python -m deploy` is the `wikitally` command."""

from deploy.cli import main

main()
