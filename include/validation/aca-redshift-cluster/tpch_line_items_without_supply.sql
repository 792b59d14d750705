-- name: TPC-H: line items without part and supplier
-- requires: tpch
SELECT l.l_orderkey
FROM tpch.lineitem AS l
LEFT JOIN tpch.partsupp AS s ON s.ps_partkey = l.l_partkey AND s.ps_suppkey = l.l_suppkey
WHERE s.ps_partkey IS NULL
