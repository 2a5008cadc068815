-- How far each topic-partition is stored, checkpoint or not: what lies beyond is certainly new.
SELECT topic, partition, max(offset) FROM facts WHERE topic != '' GROUP BY topic, partition
