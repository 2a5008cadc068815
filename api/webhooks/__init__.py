"""Messages to endpoints that others name: signed, and only where they may go."""
