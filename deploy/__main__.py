"""`python -m deploy` is the `wikitally` command."""

from deploy.cli.app import main

main()
