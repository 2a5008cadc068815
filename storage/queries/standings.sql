-- The board of a program: everybody with a contribution.
SELECT user, edits, bytes_added, bytes_removed, articles_created, articles_edited, last_edit_at
FROM standings FINAL
WHERE program = %(program)s AND edits > 0
