-- name: sales: amounts that are not price times quantity
-- requires: sales
SELECT o.order_id
FROM sales.orders AS o
JOIN sales.products AS p ON p.product_id = o.product_id
WHERE abs(o.amount - p.price * o.quantity) > 0.05
