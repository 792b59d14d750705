-- name: TPC-H: orders whose total is not that of their line items
-- severity: warn
-- requires: tpch
-- TPC Benchmark H, section 4.2.3; two cents for each line item are lost by rounding.
SELECT o.o_orderkey
FROM tpch.orders AS o
JOIN tpch.lineitem AS l ON l.l_orderkey = o.o_orderkey
GROUP BY o.o_orderkey, o.o_totalprice
HAVING abs(o.o_totalprice - sum(l.l_extendedprice * (1 + l.l_tax) * (1 - l.l_discount)))
  > 0.02 * count(*)
