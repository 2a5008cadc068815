CREATE OR REPLACE VIEW $analytics.participants$on_cluster
(
    program String COMMENT 'the program; unit: slug; e.g. women-in-red-2026-11',
    user String COMMENT 'as enrolled, or a pseudonym; unit: user name; e.g. Participant 3',
    hidden Bool COMMENT 'user is a pseudonym; unit: true or false; e.g. false',
    team String COMMENT 'the team, empty where there is none; unit: name; e.g. blue',
    since Nullable(DateTime('UTC')) COMMENT 'start of the first membership, NULL where it is that of the program, or hidden; unit: seconds, UTC; e.g. 2026-11-15 13:00:00',
    until Nullable(DateTime('UTC')) COMMENT 'end of the last membership, exclusive, NULL where it has none, or hidden; unit: seconds, UTC; e.g. 2026-11-15 15:30:00'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    program,
    if(masked, pseudonym, name) AS user,
    masked AS hidden,
    team,
    if(masked, NULL, first) AS since,
    if(masked, NULL, last) AS until
FROM (
    SELECT
        program, user AS name, pseudonym, team, since AS first, until AS last,
        toBool(hidden OR program IN (SELECT slug FROM $physical.public_programs WHERE nameless)) AS masked
    FROM $physical.participants FINAL
    WHERE member AND program IN (SELECT slug FROM $physical.public_programs)
)
COMMENT 'Who takes part in public programs; open programs count others too'
