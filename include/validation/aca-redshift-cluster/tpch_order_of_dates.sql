-- name: TPC-H: dates out of order
-- requires: tpch
-- TPC Benchmark H, section 4.2.3: shipped 1 to 121 days after the order, received 1 to 30 later.
SELECT l.l_orderkey
FROM tpch.lineitem AS l
JOIN tpch.orders AS o ON o.o_orderkey = l.l_orderkey
WHERE datediff(day, o.o_orderdate, l.l_shipdate) NOT BETWEEN 1 AND 121
  OR datediff(day, o.o_orderdate, l.l_commitdate) NOT BETWEEN 30 AND 90
  OR datediff(day, l.l_shipdate, l.l_receiptdate) NOT BETWEEN 1 AND 30
  OR o.o_orderdate NOT BETWEEN '1992-01-01' AND '1998-08-02'
