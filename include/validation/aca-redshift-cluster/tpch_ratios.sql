-- name: TPC-H: tables out of proportion
-- requires: tpch
-- TPC Benchmark H, section 4.2.5: per customer 10 orders; per order 1 to 7 line items, 4 on average;
-- per part 4 suppliers; 5 regions, 25 nations.
SELECT rows_of.orders
FROM (
  SELECT
    (SELECT count(*) FROM tpch.orders) AS orders,
    (SELECT count(*) FROM tpch.lineitem) AS line_items,
    (SELECT count(*) FROM tpch.customer) AS customers,
    (SELECT count(*) FROM tpch.part) AS parts,
    (SELECT count(*) FROM tpch.partsupp) AS supplies,
    (SELECT count(*) FROM tpch.region) AS regions,
    (SELECT count(*) FROM tpch.nation) AS nations
) AS rows_of
WHERE rows_of.orders <> 10 * rows_of.customers
  OR rows_of.supplies <> 4 * rows_of.parts
  OR rows_of.line_items NOT BETWEEN 3.8 * rows_of.orders AND 4.2 * rows_of.orders
  OR rows_of.regions <> 5
  OR rows_of.nations <> 25
