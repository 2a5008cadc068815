-- The servers of a cluster, shard by shard, as this server knows them.
SELECT groupArray((host_name, toUInt32(port)))
FROM (SELECT * FROM system.clusters WHERE cluster = %(cluster)s ORDER BY shard_num, replica_num)
GROUP BY shard_num
ORDER BY shard_num
