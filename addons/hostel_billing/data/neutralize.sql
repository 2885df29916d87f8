-- a copied database must neither send students to the real Camu nor believe its messages
UPDATE payment_provider
   SET state = 'disabled',
       is_published = FALSE,
       camu_pay_url = NULL,
       camu_status_url = NULL,
       camu_secret = NULL,
       camu_secret_previous = NULL
 WHERE code = 'camu';
