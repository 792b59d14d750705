-- name: TPC-H: line items without order
-- requires: tpch
SELECT l.l_orderkey
FROM tpch.lineitem AS l
LEFT JOIN tpch.orders AS o ON o.o_orderkey = l.l_orderkey
WHERE o.o_orderkey IS NULL
