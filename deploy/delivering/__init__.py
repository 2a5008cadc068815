"""Messages about alerts to whoever subscribed: the outbox, its way in and its way out."""
