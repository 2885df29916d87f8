-- Give up the place and the pass. ARGV: prefix, student
-- Other tabs and devices still ask with their tickets: for five minutes they learn of it.
redis.call('SET', P .. 'wl:' .. ARGV[2], string.format('%.0f', now_ms()), 'EX', 300)
forget(ARGV[2])
return redis.call('ZREM', P .. 'wp', ARGV[2])
