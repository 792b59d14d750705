-- name: TPC-H: orders without customer
-- requires: tpch
SELECT o.o_orderkey
FROM tpch.orders AS o
LEFT JOIN tpch.customer AS c ON c.c_custkey = o.o_custkey
WHERE c.c_custkey IS NULL
