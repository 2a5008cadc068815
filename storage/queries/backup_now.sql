-- The time by the server's clock.
SELECT toString(now64(6, 'UTC'))
