-- name: TPC-H: orders without line items
-- requires: tpch
SELECT o.o_orderkey
FROM tpch.orders AS o
LEFT JOIN tpch.lineitem AS l ON l.l_orderkey = o.o_orderkey
WHERE l.l_orderkey IS NULL
