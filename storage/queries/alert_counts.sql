-- How many there are by kind, of alerts of the programs of the external table asked(program) that are of the given visibilities (else
-- as alert_feed): acknowledged(program, alert_id, at), muted(program, alert_id, kind) and muted_pages(program, title, wikis) are
-- what was decided about them.
SELECT
    kind,
    countIf(%(everything)s OR NOT (is_acknowledged OR is_muted)) AS number,
    countIf(is_acknowledged) AS acknowledged,
    countIf(is_muted) AS muted
FROM (
SELECT
    kind,
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
      AND toUnixTimestamp(changed_at) >= %(since)s
) AS found
LEFT ANY JOIN acknowledged USING (program, alert_id)
LEFT ANY JOIN muted_pages USING (program, title)
)
GROUP BY kind
