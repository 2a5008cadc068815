-- When the first thing that was read happened; 1970: nothing was read.
SELECT min(occurred_at) FROM facts
