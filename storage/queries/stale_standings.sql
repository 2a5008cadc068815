-- Whose books on which wiki of a share are newer than what sums them up. Without FINAL: what was taken out of the books
-- counts too.
SELECT program, user, wiki
FROM (
    SELECT program, user, wiki, max(version) AS entered, 0 AS summed
    FROM contributions
    WHERE bitAnd(kafkaMurmurHash(wiki), 2147483647) %% %(of)s IN %(partitions)s
    GROUP BY program, user, wiki
    UNION ALL
    SELECT program, user, wiki, 0 AS entered, max(version) AS summed FROM standings GROUP BY program, user, wiki
)
GROUP BY program, user, wiki
HAVING max(entered) > max(summed)
