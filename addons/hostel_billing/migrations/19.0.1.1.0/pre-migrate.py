def migrate(cr, version):
    """Bills made before there were periods are for their whole term."""
    cr.execute(
        "ALTER TABLE account_move ADD COLUMN IF NOT EXISTS period_from date,"
        " ADD COLUMN IF NOT EXISTS period_to date"
    )
    cr.execute(
        """
        UPDATE account_move bill SET period_from = term.date_from, period_to = term.date_to
          FROM hostel_term term
         WHERE term.id = bill.hostel_term_id AND bill.hostel_kind = 'period'
           AND bill.period_from IS NULL
        """
    )
