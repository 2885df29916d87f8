-- Give up the place and the pass. ARGV: prefix, student
forget(ARGV[2])
return redis.call('ZREM', P .. 'wp', ARGV[2])
