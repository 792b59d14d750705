-- name: TPC-H: keys given twice
-- requires: tpch
-- Redshift does not enforce primary keys.
SELECT 'orders' AS relation, o_orderkey AS first_key, 0 AS second_key
FROM tpch.orders
GROUP BY o_orderkey
HAVING count(*) > 1
UNION ALL
SELECT 'lineitem', l_orderkey, l_linenumber
FROM tpch.lineitem
GROUP BY l_orderkey, l_linenumber
HAVING count(*) > 1
UNION ALL
SELECT 'customer', c_custkey, 0
FROM tpch.customer
GROUP BY c_custkey
HAVING count(*) > 1
