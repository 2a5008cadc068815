-- The programs of the given visibilities that belong to a campaign, or to any ("").
SELECT slug, version, visibility, campaigns, definition
FROM programs FINAL
WHERE status = 'active' AND visibility IN %(visibilities)s AND visibility != 'private' AND notEmpty(campaigns)
  AND (%(campaign)s = '' OR has(campaigns, %(campaign)s))
ORDER BY slug
