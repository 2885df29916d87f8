"""The day that it is at the college, for the defaults of fields."""


def college_today(record):
    """:return: ``date``, whatever the time zone of whoever asks"""
    return record.env.company._get_college_day()
