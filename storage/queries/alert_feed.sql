-- Alerts of the programs of the external table asked(program) that are of the given visibilities, newest change
-- first. acknowledged(program, alert_id, at), muted(program, alert_id, kind) and muted_pages(program, title, wikis) are
-- what was decided about them.
SELECT
    * EXCEPT (at, wikis),
    at >= toUnixTimestamp(changed_at) AS is_acknowledged,
    (program, alert_id, '') IN (SELECT program, alert_id, kind FROM muted)
        OR (program, '', kind) IN (SELECT program, alert_id, kind FROM muted)
        OR arrayExists(each -> endsWith(wiki, each), wikis) AS is_muted
FROM (
    SELECT * EXCEPT (gone, version, fresh)
    FROM alerts FINAL
    WHERE program IN (SELECT program FROM asked)
      AND program IN (
          SELECT slug FROM programs FINAL WHERE status = 'active' AND visibility IN %(visibilities)s
      )
      AND (%(wiki)s = '' OR (wiki = %(wiki)s AND title = %(title)s))
      AND (%(anybody)s OR hasAny(users, %(users)s))
      AND (%(any_id)s OR alert_id IN %(ids)s)
      AND state IN %(states)s
      AND kind IN %(kinds)s
      AND toUnixTimestamp(changed_at) >= %(since)s
      AND (toUnixTimestamp(changed_at), program, alert_id) < (%(before)s, %(before_program)s, %(before_id)s)
) AS found
LEFT ANY JOIN acknowledged USING (program, alert_id)
LEFT ANY JOIN muted_pages USING (program, title)
WHERE %(everything)s OR NOT (is_acknowledged OR is_muted)
ORDER BY changed_at DESC, program DESC, alert_id DESC
LIMIT %(most)s
