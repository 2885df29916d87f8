-- Let in whom there is room for, forget who has gone, and count. ARGV: prefix
-- Returns {waiting, with a pass, let in within a minute}.
local now = now_ms()
local q = read_queue()
if q then
    for _, student in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ws', '-inf', now - q.grace, 'LIMIT', 0, 500)) do
        forget(student)
    end
    admit(q, now)
end
return {redis.call('ZCARD', P .. 'wq'), redis.call('ZCOUNT', P .. 'wp', now, '+inf'), admitted_lately(now)}
