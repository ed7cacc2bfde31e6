CREATE TABLE orders (
    number TEXT PRIMARY KEY,
    phone TEXT NOT NULL,
    state TEXT NOT NULL,
    receipt TEXT
);
INSERT INTO orders VALUES
    ('INV-1007', '6281200000017', 'sent', 'JP1234567890'),
    ('INV-1008', '6281200000017', 'paid', NULL),
    ('INV-1009', '6281200000042', 'done', NULL);
