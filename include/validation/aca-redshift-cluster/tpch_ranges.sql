-- name: TPC-H: values out of range
-- requires: tpch
-- TPC Benchmark H, section 4.2.3.
SELECT l_orderkey
FROM tpch.lineitem
WHERE l_quantity NOT BETWEEN 1 AND 50
  OR l_discount NOT BETWEEN 0.00 AND 0.10
  OR l_tax NOT BETWEEN 0.00 AND 0.08
  OR l_linenumber NOT BETWEEN 1 AND 7
  OR l_returnflag NOT IN ('R', 'A', 'N')
  OR l_linestatus NOT IN ('O', 'F')
