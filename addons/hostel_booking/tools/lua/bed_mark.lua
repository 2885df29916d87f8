-- Bring a decision of PostgreSQL to the map.
-- ARGV: prefix, floor, index, state, fence, epoch, student whose eligibility changed or ''
-- Returns {'OK'}, {'OLD'} for an older fence, {'EPOCH'} when the map must be loaded first.
local floor, i, state, fence = ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
if not floor_ready(floor) or redis.call('GET', P .. 'ep') ~= ARGV[6] then
    return {'EPOCH'}
end
if ARGV[7] ~= '' then
    redis.call('DEL', P .. 'el:' .. ARGV[7])
    if state == '3' then
        -- Who has a bed makes room for the next.
        redis.call('ZREM', P .. 'wp', ARGV[7])
    end
end
local fe = P .. 'fe:' .. floor
if fence <= (tonumber(redis.call('HGET', fe, i)) or 0) then
    return {'OLD'}
end
redis.call('HSET', fe, i, fence)
local lock = read_lock(floor, i)
if lock and state == '0' then
    state = '1'
elseif lock then
    -- PostgreSQL keeps the bed from here on; the courtesy of the lock is over.
    drop_lock(floor, i, lock)
end
paint(floor, i, state)
return {'OK'}
