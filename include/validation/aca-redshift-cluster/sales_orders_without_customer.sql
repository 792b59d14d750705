-- name: sales: orders without customer or product
-- requires: sales
SELECT o.order_id
FROM sales.orders AS o
LEFT JOIN sales.customers AS c ON c.customer_id = o.customer_id
LEFT JOIN sales.products AS p ON p.product_id = o.product_id
WHERE c.customer_id IS NULL OR p.product_id IS NULL
