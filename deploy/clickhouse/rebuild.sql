-- Throws away what was judged; whoever counts next judges all of it again. With all of them stopped, after a backup:
-- docs/operations/runbooks.md, "Rebuild from the log".
TRUNCATE TABLE contributions;
TRUNCATE TABLE ledger;
TRUNCATE TABLE standings;
TRUNCATE TABLE judged;
TRUNCATE TABLE checkpoints;
