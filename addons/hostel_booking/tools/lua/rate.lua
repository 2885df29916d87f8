-- A bucket of calls that fills again with time; on its own, without a round.
-- KEYS: the bucket.  ARGV: size, ms per refilled call
-- Returns 0, or how many milliseconds to wait.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local size, refill = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'n', 't')
local passed = now - (tonumber(bucket[2]) or now)
local calls = math.min(size, (tonumber(bucket[1]) or size) + passed / refill)
if calls < 1 then
    return math.ceil((1 - calls) * refill)
end
redis.call('HSET', KEYS[1], 'n', tostring(calls - 1), 't', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size * refill))
return 0
